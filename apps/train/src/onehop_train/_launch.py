"""Where a run happens: one CPU, one GPU, or many of either, by Accelerate.

Distillers own their networks and optimisers, one or several of each, so nothing is
wrapped. What many processes need is that every optimiser step uses the mean of their
gradients; that is put into the `Minimise` that the distiller is given. All processes
start from the same weights and so keep the same weights.
"""

from __future__ import annotations

import torch
from accelerate import Accelerator
from torch import Tensor

__all__ = ["Minimiser", "check_in_step"]


class Minimiser:
    """One optimiser step on the processes' mean gradient, in their precision.

    Args:
        accelerator: The launcher.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator

    def __call__(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """See `onehop_interfaces.Minimise`."""
        optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if self.accelerator.num_processes > 1:
            for group in optimizer.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.grad = self.accelerator.reduce(p.grad, "mean")
        optimizer.step()


def check_in_step(accelerator: Accelerator, digest: Tensor) -> None:
    """Stop if the processes' weights have drifted apart.

    Args:
        accelerator: The launcher.
        digest: A scalar of this process's weights.
    """
    digests = accelerator.gather(digest.reshape(1))
    if not bool((digests == digests[0]).all()):
        raise RuntimeError(f"processes hold different weights: {digests.tolist()}")

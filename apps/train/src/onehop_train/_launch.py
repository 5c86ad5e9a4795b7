"""Where a run happens: one CPU, one GPU, or many of either, by Accelerate.

Distillers own their networks and optimisers, one or several of each, so nothing is
wrapped. What many processes need is that every optimiser step uses the mean of their
gradients; that is put into the `Minimise` that the distiller is given. All processes
start from the same weights and so keep the same weights.

A run that has diverged learns nothing more, so all processes stop as soon as one of
them has a number that is not finite, before any of it is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import torch
from accelerate import Accelerator
from torch import Tensor

from onehop_interfaces import BadInput

__all__ = ["Minimiser", "check_finite", "check_in_step"]


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


def check_finite(
    accelerator: Accelerator, step: int, metrics: Mapping[str, float]
) -> None:
    """Stop if a metric of any process is NaN or infinite.

    Args:
        accelerator: The launcher.
        step: The update that it is of.
        metrics: This process's.

    Raises:
        BadInput: naming the update and the metric.
    """
    bad = [f"{name} {value}" for name, value in metrics.items() if not isfinite(value)]
    finite = not bad
    if accelerator.num_processes > 1:
        every = accelerator.gather(torch.tensor([finite], device=accelerator.device))
        finite = bool(every.all())
    if not finite:
        raise _diverged(step, bad[0] if bad else "others in another process")


def check_in_step(accelerator: Accelerator, step: int, digest: Tensor) -> None:
    """Stop if weights are not finite, or the processes' have drifted apart.

    Args:
        accelerator: The launcher.
        step: The update that they come from.
        digest: A scalar of this process's weights, finite if they are.

    Raises:
        BadInput: naming the update after which they are not finite.
    """
    digests = accelerator.gather(digest.reshape(1))
    if not bool(digests.isfinite().all()):
        raise _diverged(step, "weights that are not")
    if not bool((digests == digests[0]).all()):
        raise RuntimeError(f"processes hold different weights: {digests.tolist()}")


def _diverged(step: int, came: str) -> BadInput:
    return BadInput(
        f"step {step}: expected finite numbers, got {came}: the run has diverged, its "
        "last state is kept; try a lower --lr in another --out"
    )

"""Statistics of data, kept in the weights: standardised = (value - mean) / std.

They are buffers, so that they travel with the checkpoint and can never be those of
another data set, and start as NaN, so that a policy whose statistics were forgotten is
recognised instead of acting on them.
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput

__all__ = ["Standardise", "check_statistics"]


@final
class Standardise(nn.Module):
    """(..., dim) -> (..., dim) with zero mean and unit variance.

    Args:
        dim: Number of features.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((dim,), torch.nan))
        self.register_buffer("std", torch.full((dim,), torch.nan))

    def fit(self, values: Tensor) -> None:
        """Take the statistics of values (..., dim) from now on.

        A feature that hardly varies next to its size keeps its scale: dividing by the
        rounding error of a constant would blow it up on the first unseen value.

        Raises:
            BadInput: if there are no values or not all of them are finite.
        """
        values = values.detach().flatten(0, -2).double()
        if not (len(values) and bool(values.isfinite().all())):
            raise BadInput("statistics: expected finite values, got none or some NaN")
        mean, std = values.mean(0), values.std(0, correction=0)
        constant = std <= 1e-6 * values.abs().amax(0).clamp(min=1e-6)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(constant, 1.0, std))

    def forward(self, values: Tensor) -> Tensor:
        """Values in units of their standard deviation, in the statistics' type."""
        return (values.to(self.mean.dtype) - self.mean) / self.std

    def inverse(self, values: Tensor) -> Tensor:
        """Values in their own units."""
        return values * self.std + self.mean


def check_statistics(module: nn.Module, names: Sequence[str] = ()) -> None:
    """Refuse a module some of whose statistics were never fitted, or make no sense.

    Args:
        module: Anything that holds `Standardise` modules.
        names: What to name in the message before the statistics' own name.

    Raises:
        BadInput: naming the first such statistics.
    """
    for name, part in module.named_modules():
        if isinstance(part, Standardise):
            fitted = bool(part.mean.isfinite().all() and part.std.isfinite().all())
            if not (fitted and bool((part.std > 0).all())):
                where = ": ".join((*names, name))
                raise BadInput(
                    f"{where}: expected fitted statistics (finite mean, std above 0), "
                    "got missing, NaN or zero ones"
                )

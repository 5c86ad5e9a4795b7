"""Statistics of data, kept in the weights: standardised = (value - mean) / std.

A feature that is constant in the data has std 0 here. Standardised it is 0, whatever
comes, and back it is the mean, whatever a network made of it: a gripper that all
demonstrations hold at .08 is held at .08.

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

CONSTANT = 1e-5
"""Of a feature's greatest size: what spreads no further does not move."""


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

        A feature is constant, and gets std 0, if that is at most `CONSTANT` of its
        greatest size, about the step of a sensor of 16 bits and 100 steps of single
        precision: what is left is read-out noise, such as 1e-5 on a joint at 7 rad,
        and no network should see it with unit variance. A motion of .1 mm at half a
        metre spreads ten times as far, and stays.

        Raises:
            BadInput: if there are no values or not all of them are finite.
        """
        values = values.detach().flatten(0, -2).double()
        if not (len(values) and bool(values.isfinite().all())):
            raise BadInput("statistics: expected finite values, got none or some NaN")
        mean, std = values.mean(0), values.std(0, correction=0)
        constant = std <= CONSTANT * values.abs().amax(0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(constant, 0.0, std))

    def forward(self, values: Tensor) -> Tensor:
        """Values in units of their standard deviation, in the statistics' type."""
        divisor = self.std.where(self.std > 0, torch.inf)
        return (values.to(self.mean.dtype) - self.mean) / divisor

    def inverse(self, values: Tensor) -> Tensor:
        """Values in their own units; the mean, to the last bit, of a constant."""
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
            if not (fitted and bool((part.std >= 0).all())):
                where = ": ".join((*names, name))
                raise BadInput(
                    f"{where}: expected fitted statistics (finite mean, std of 0 or "
                    "more), got missing, NaN or negative ones"
                )

"""Affine normalisations of other projects, as `Standardise`'s mean and std.

min-max     x = 2 (a - min) / (max - min) - 1    mean = (min + max) / 2
                                                 std = (max - min) / 2
mean-std    x = (a - mean) / (std + 1e-8)
scale       x = scale a + offset                 mean = -offset / scale
                                                 std = 1 / scale
identity    x = a                                mean = 0, std = 1

An observation that was constant in LeRobot's data is fed -1: mean = min + 1, std = 1.
An action that was is decided as it was: std = 0.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from onehop_teachers import Standardise

__all__ = ["Affine"]

EPS = 1e-8
"""What LeRobot adds to standard deviations of observations."""


class Affine(NamedTuple):
    """x = (a - mean) / std, each (D,)."""

    mean: Tensor
    std: Tensor

    @classmethod
    def identity(cls, dim: int) -> Affine:
        """x = a."""
        return cls(torch.zeros(dim), torch.ones(dim))

    @classmethod
    def seen_min_max(cls, low: Tensor, high: Tensor, eps: float) -> Affine:
        """Of an observation, whose range eps is added to; a constant is fed -1."""
        half = torch.where(high > low, (high - low + eps) / 2, 1.0)
        return cls(low + half, half)

    @classmethod
    def done_min_max(cls, low: Tensor, high: Tensor) -> Affine:
        """Of an action; a constant stays as it was."""
        return cls((low + high) / 2, (high - low) / 2)

    @classmethod
    def seen_mean_std(cls, mean: Tensor, std: Tensor) -> Affine:
        """Of an observation."""
        return cls(mean, std + EPS)

    @classmethod
    def scaled(cls, scale: Tensor, offset: Tensor) -> Affine:
        """Of scale a + offset."""
        return cls(-offset / scale, 1 / scale)

    def expanded(self, dim: int) -> Affine:
        """The same for every number, where one is for all."""
        return Affine(self.mean.expand(dim), self.std.expand(dim))

    def then(self, other: Affine) -> Affine:
        """(this, then the other)."""
        return Affine(self.mean + self.std * other.mean, self.std * other.std)

    def put(self, standardise: nn.Module) -> None:
        """Make them the statistics of a `Standardise`."""
        assert isinstance(standardise, Standardise)
        standardise.mean.copy_(self.mean)
        standardise.std.copy_(self.std)

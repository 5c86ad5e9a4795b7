"""A small network in a teacher's clothes, for methods that need something to train.

This module needs torch.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from ._policy import Obs
from ._teacher import Spaces, Teacher
from .spaces import Halves, spaces_of

__all__ = ["SmallDenoiser"]


class SmallDenoiser(nn.Module):
    """An untrained x-predicting MLP with the schedule and spaces of another teacher.

    Args:
        like: The teacher whose schedule, signature and normalisation it shares.
        cond_dim: C.
        width: Units in each of the two hidden layers.
    """

    def __init__(self, like: Teacher, cond_dim: int, width: int = 64) -> None:
        super().__init__()
        self.schedule = like.schedule
        self.signature = like.signature
        self.spaces = spaces_of(like)
        size = math.prod(self.signature.chunk)
        self.layers = nn.Sequential(
            nn.Linear(size + 2 + cond_dim, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, size),
        )

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """E[x | x_t, cond] as far as it has been learned, (B, H, A)."""
        x: Tensor = self.layers(self.features(x_t, t, cond))
        return x.view_as(x_t)

    network = forward

    @property
    def halves(self) -> Halves:
        """All layers but the last, and the last."""
        return Halves(_Trunk(self), cast(nn.Linear, self.layers[-1]))

    def features(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """What the first layer is given, (B, size + 2 + C)."""
        levels = torch.stack(self.schedule(t.expand(x_t.shape[0])), dim=-1)
        scale = levels.norm(dim=-1, keepdim=True)
        return torch.cat([x_t.flatten(1) / scale, levels / scale, cond], dim=-1)

    def encode(self, obs: Obs) -> Tensor:
        """As the other does, (B, C)."""
        return self._spaces.encode(obs)

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """As the other does, (B, H, S + A)."""
        return self._spaces.normalise(actions, obs)

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """As the other does, (B, H, S + A)."""
        return self._spaces.denormalise(x, obs)

    @property
    def _spaces(self) -> Spaces:
        return cast(Spaces, self.spaces)


class _Trunk(nn.Module):
    """All layers of a `SmallDenoiser` but the last."""

    def __init__(self, denoiser: SmallDenoiser) -> None:
        super().__init__()
        self.layers = denoiser.layers[:-1]
        self.features = denoiser.features

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        return cast(Tensor, self.layers(self.features(x_t, t, cond)))

"""Selectors by geometry: keep clear of what is in the way, and do not hurry.

A point p is |p - c| - r from a ball, and, with q = |p - c| - h taken number by number,

    |max(q, 0)| + min(max_i q_i, 0)

from a box of half sizes h: negative inside, as for the ball.

References:
    | Distance functions | https://iquilezles.org/articles/distfunctions/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Ball", "Box", "clearance", "effort"]


@dataclass(frozen=True)
class Ball:
    """All points within a radius of a centre; a circle in two dimensions.

    Attributes:
        centre: (D,).
        radius: In the same unit.
    """

    centre: Sequence[float]
    radius: float

    def distance(self, points: Tensor) -> Tensor:
        """How far away points (..., D) are, (...); negative inside."""
        return _length(_from(self.centre, points)) - self.radius


@dataclass(frozen=True)
class Box:
    """A box along the axes.

    Attributes:
        centre: (D,).
        half: (D,), from the centre to either side.
    """

    centre: Sequence[float]
    half: Sequence[float]

    def distance(self, points: Tensor) -> Tensor:
        """How far away points (..., D) are, (...); negative inside."""
        q = _from(self.centre, points).abs() - points.new_tensor(self.half)
        return _length(q.clamp_min(0)) + q.amax(-1).clamp_max(0)


def _length(of: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(of, dim=-1)
    return lengths


def _from(centre: Sequence[float], points: Tensor) -> Tensor:
    return points - points.new_tensor(centre)


def clearance(paths: Tensor, obstacles: Sequence[Ball | Box]) -> Tensor:
    """The least distance of paths (B, N, H, D) to any of the obstacles, (B, N)."""
    each = torch.stack([o.distance(paths) for o in obstacles])
    return each.amin((0, -1))


def effort(paths: Tensor) -> Tensor:
    """Sum over the path of the squared steps, (B, N), of paths (B, N, H, D)."""
    return paths.diff(dim=-2).square().sum((-2, -1))

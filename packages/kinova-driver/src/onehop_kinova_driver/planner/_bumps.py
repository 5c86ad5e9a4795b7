"""Ways to begin with: the straight line, pushed aside.

With e_1, e_2 across the line from a to b and each other, a candidate is

    x(s) = a + (b - a) s + sin(pi s) (u_1 e_1 + u_2 e_2)
                         + sin(2 pi s) (w_1 e_1 + w_2 e_2),

u in a ring, evenly in its directions, w normal and small. Taken are those that cost
least as they are and are some way apart of one another: so they lead past what is in
the way on different sides, where there are such.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["candidates", "chosen"]

Array = NDArray[np.float64]

RING = (0.09, 0.3)
"""Radii of the ring [m]."""
SECOND = 0.03
"""Standard deviation of w [m]."""
APART = 0.08
"""So far control points of two ways have to be from one another somewhere [m]."""


def candidates(
    seed: int, start: Sequence[float], goal: Sequence[float], points: int, count: int
) -> Array:
    """Control points of candidates from start to goal, (count, points, 3) [m]."""
    rng = np.random.default_rng((seed, 1))
    a, b = np.array(start), np.array(goal)
    s = np.clip((np.arange(points) - 1) / (points - 3), 0, 1)[:, None]
    angle = 2 * np.pi * (np.arange(count) + rng.uniform(size=count)) / count
    low, high = RING
    radius = np.sqrt(rng.uniform(low**2, high**2, count))
    across = _across(b - a)
    u = (radius * (np.cos(angle), np.sin(angle))).T @ across
    w = rng.normal(0, SECOND, (count, 2)) @ across
    made: Array = a + (b - a) * s + np.sin(np.pi * s) * u[:, None]
    made += np.sin(2 * np.pi * s) * w[:, None]
    made[:, -2:] = b
    return made


def _across(d: Array) -> Array:
    """Two unit vectors across d and each other, the first of them level, (2, 3)."""
    level = np.array((d[1], -d[0], 0.0)) if d[:2].any() else np.eye(3)[0]
    up = np.cross(level, d) if d.any() else np.eye(3)[2]
    made: Array = np.stack([level, up])
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def chosen(ways: Array, cost: Array, count: int) -> list[int]:
    """The cheapest of ways (C, n, 3) that are apart, then the cheapest others."""
    order = [int(i) for i in np.argsort(cost, kind="stable")]
    taken: list[int] = []
    for i in order:
        if len(taken) < count and all(_far(ways[i], ways[j]) for j in taken):
            taken.append(i)
    return [*taken, *(i for i in order if i not in taken)][:count]


def _far(a: Array, b: Array) -> bool:
    return bool(np.linalg.norm(a - b, axis=1).max() > APART)

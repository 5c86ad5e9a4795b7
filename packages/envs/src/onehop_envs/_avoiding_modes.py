"""The 24 ways through the cylinders of Avoiding.

A path crosses each level of cylinders in one of the gaps between them, counted from the
left: g_1 of 2, g_2 of 3 and g_3 of 4. Paths with the same gaps can be deformed into one
another without touching a cylinder, those with different ones cannot. The mode is

    (3 g_1 + g_2) 4 + g_3   in 0, ..., 23.

References:
    | Towards Diverse Behaviors: A Benchmark for Imitation Learning with Human
    | Demonstrations (Jia et al., 2024), D3IL | https://arxiv.org/abs/2402.14606
"""

from __future__ import annotations

from bisect import bisect

import numpy as np
from numpy.typing import ArrayLike

from onehop_interfaces import BadInput

from ._avoiding_scene import LEVELS, Array

__all__ = ["AVOIDING_MODES", "avoiding_gaps", "avoiding_mode"]

_GAPS = tuple(len(cylinders) + 1 for _, cylinders in LEVELS)  # 2, 3, 4

AVOIDING_MODES = 24


def avoiding_mode(path: ArrayLike) -> int | None:
    """The mode of a path, from where it first crosses each level upwards.

    Args:
        path: Positions of the rod (T, 2) [m]; rows of NaN, after the end, do not count.

    Returns:
        The mode, or None if a level is not crossed.

    Raises:
        BadInput: if the path has another shape.
    """
    points = np.asarray(path, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise BadInput(f"path: expected shape (T, 2), got {points.shape}")
    points = points[~np.isnan(points).any(axis=1)]
    mode = 0
    for (y, cylinders), gaps in zip(LEVELS, _GAPS, strict=True):
        x = _crossing(points, y)
        if x is None:
            return None
        mode = mode * gaps + bisect(cylinders, x)
    return mode


def avoiding_gaps(mode: int) -> tuple[int, int, int]:
    """The gaps (g_1, g_2, g_3), from the left, that make a mode.

    Raises:
        BadInput: unless the mode is one of 0 to 23.
    """
    whole = isinstance(mode, (int, np.integer)) and not isinstance(mode, bool)
    if not (whole and 0 <= mode < AVOIDING_MODES):
        raise BadInput(f"mode: expected 0 to {AVOIDING_MODES - 1}, got {mode!r}")
    _, second, third = _GAPS
    upper, g_3 = divmod(int(mode), third)
    return *divmod(upper, second), g_3


def _crossing(points: Array, level: float) -> float | None:
    """x where a path (T, 2) first gets from below y = `level` to it or beyond [m]."""
    x, y = points.T
    rising = np.flatnonzero((y[:-1] < level) & (y[1:] >= level))
    if not len(rising):
        return None
    i = rising[0]
    share = (level - y[i]) / (y[i + 1] - y[i])
    return float(x[i] + share * (x[i + 1] - x[i]))

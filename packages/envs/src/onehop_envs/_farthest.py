"""Farthest points: a few points that stand for many, evenly spread over them.

The first chosen is the first there is; each of the others is the one farthest from all
chosen before,

    i_0 = 0,    i_k = argmax_i min_{j < k} |p_i - p_{i_j}|^2,

the lowest i among equals. Sums are made in one order, so the choice is the same on
every machine.

References:
    | The Farthest Point Strategy for Progressive Image Sampling (Eldar et al., 1997)
    | https://doi.org/10.1109/83.623193
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

__all__ = ["farthest"]


def farthest(points: NDArray[np.floating[Any]], count: int) -> NDArray[np.intp]:
    """Indices of `count` points, (count,); the same again where there are fewer.

    Args:
        points: (N, 3), looked at as float32.
        count: How many.

    Raises:
        BadInput: if there are no points, or none are asked for.
    """
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise BadInput(f"points: expected shape (N, 3), N >= 1, got {points.shape}")
    if count < 1:
        raise BadInput(f"count: expected at least 1, got {count}")
    chosen = np.zeros(min(count, len(points)), np.intp)
    p = np.ascontiguousarray(points.T, np.float32)  # (3, N)
    away = np.full(len(points), np.inf, np.float32)
    d = np.empty_like(p)
    for k in range(1, len(chosen)):
        np.subtract(p, p[:, chosen[k - 1], None], out=d)
        np.multiply(d, d, out=d)
        np.add(d[0], d[1], out=d[0])
        np.minimum(away, np.add(d[0], d[2], out=d[0]), out=away)
        chosen[k] = away.argmax()
    return np.resize(chosen, count)

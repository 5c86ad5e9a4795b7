"""Splines of degree 4 on [0, 1] that begin and end at rest.

With the basis functions B_j of knots that are equally spaced, but the first and the
last of them five at a time,

    x(s) = sum_j B_j(s) p_j,        p_1 = p_2,  p_{n-1} = p_n,

so that x' is 0 at both ends. x is three times continuously differentiable, begins in
p_1 and ends in p_n. With the knots t_j, x' is the spline of degree 3 with control
points

    4 (p_{j+1} - p_j) / (t_{j+5} - t_{j+1}),

and no spline leaves the convex hull of its control points.

References:
    | A Practical Guide to Splines (de Boor, 1978), chapters IX to XI
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline  # type: ignore[import-untyped]

__all__ = ["DEGREE", "basis", "fastest", "fit", "spline"]

Array = NDArray[np.float64]

DEGREE = 4
"""Of the polynomials between two knots."""


def spline(points: Array) -> BSpline:
    """The spline with control points (n, ...)."""
    return BSpline(_knots(len(points)), points, DEGREE)


def basis(n: int, s: Array) -> Array:
    """The basis functions at s, (len(s), n)."""
    made: Array = spline(np.eye(n))(s)
    return made


def fastest(points: Array) -> Array:
    """No |dx/ds| is larger than these, number by number, (m,); of points (n, m)."""
    t = _knots(len(points))
    spans = t[DEGREE + 1 : -1] - t[1 : -DEGREE - 1]
    slopes = DEGREE * np.diff(points, axis=0) / spans[:, None]
    made: Array = np.abs(slopes).max(0)
    return made


def fit(n: int, samples: int) -> Array:
    """What makes n control points of samples at equally spaced s, (n, samples).

    The first and the last sample are met, the others as least squares have it.
    """
    b = basis(n, np.linspace(0, 1, samples))
    made = np.zeros((n, samples))
    made[:2, 0] = made[-2:, -1] = 1
    made[2:-2] = np.linalg.pinv(b[:, 2:-2]) @ (np.eye(samples) - b @ made)
    return made


def _knots(n: int) -> Array:
    inner = np.linspace(0, 1, n - DEGREE + 1)
    return np.concatenate([np.zeros(DEGREE), inner, np.ones(DEGREE)])

"""The plane of Avoiding: a rod is to get past six cylinders to a finish line.

Positions are of the rod's axis, in the frame of D3IL's robot: y leads from the start to
the finish, x from left to right. The rod touches a cylinder of radius r as soon as the
axis is within r + 0.01 m of the cylinder's. The cylinders stand in three levels:

    y =  0.26        o     o     o        four gaps
    y =  0.08           o     o           three
    y = -0.10              O              two

References:
    | Towards Diverse Behaviors: A Benchmark for Imitation Learning with Human
    | Demonstrations (Jia et al., 2024), D3IL | https://arxiv.org/abs/2402.14606
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AVOIDING_WINDOW",
    "CYLINDERS",
    "FINISH",
    "LEVELS",
    "ROD_RADIUS",
    "START",
    "Cylinder",
    "Point",
    "clearance",
    "first_touch",
]

Array: TypeAlias = NDArray[np.float64]
Point: TypeAlias = tuple[float, float]


class Cylinder(NamedTuple):
    """An obstacle, seen from above.

    Attributes:
        x: Of the axis [m].
        y: Of the axis [m].
        radius: [m].
    """

    x: float
    y: float
    radius: float


START: Point = (0.525, -0.28)  # [m]
FINISH = 0.35  # y of the finish line [m]
ROD_RADIUS = 0.01  # [m]
CYLINDERS = (
    Cylinder(0.5, -0.1, 0.03),
    Cylinder(0.425, 0.08, 0.025),
    Cylinder(0.575, 0.08, 0.025),
    Cylinder(0.35, 0.26, 0.025),
    Cylinder(0.5, 0.26, 0.025),
    Cylinder(0.65, 0.26, 0.025),
)
LEVELS: tuple[tuple[float, tuple[float, ...]], ...] = tuple(
    (level, tuple(x for x, y, _ in CYLINDERS if y == level))
    for level in (-0.1, 0.08, 0.26)
)
"""(y, the cylinders' x from left to right) [m] of each level, in order."""

AVOIDING_WINDOW = (0.125, -0.335, 0.75)
"""(x_min, y_min, side) [m] of the square that the desired point is kept in."""

_CENTRES: Array = np.array([[x, y] for x, y, _ in CYLINDERS])
_REACH: Array = np.array([radius + ROD_RADIUS for *_, radius in CYLINDERS])


def clearance(path: ArrayLike) -> float:
    """Room that a rod has left to the cylinders on its way along a polyline.

    Args:
        path: Corners (T, 2) [m]; one is enough.

    Returns:
        The smallest distance between the surfaces [m]; touching makes it 0 or less.
    """
    begin = np.asarray(path, dtype=np.float64)[:, None]  # (T, 1, 2)
    way = np.diff(begin, axis=0, append=begin[-1:])
    square = np.maximum((way**2).sum(axis=-1), 1e-30)
    along = ((_CENTRES - begin) * way).sum(axis=-1) / square
    nearest = begin + np.clip(along, 0.0, 1.0)[..., None] * way  # (T, 6, 2)
    return float((np.linalg.norm(_CENTRES - nearest, axis=-1) - _REACH).min())


def first_touch(begin: Point, end: Point) -> float | None:
    """How much of the straight way from `begin` to `end` [m] is free.

    Returns:
        The fraction in [0, 1] at which the rod first touches a cylinder; None if it
        touches none.
    """
    touches = (_touch(begin, end, cylinder) for cylinder in CYLINDERS)
    return min((s for s in touches if s is not None), default=None)


def _touch(begin: Point, end: Point, cylinder: Cylinder) -> float | None:
    """The smaller root of |begin + s (end - begin) - centre| = reach, if in [0, 1]."""
    px, py = begin[0] - cylinder.x, begin[1] - cylinder.y
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    c = px * px + py * py - (cylinder.radius + ROD_RADIUS) ** 2
    if c <= 0.0:
        return 0.0
    a, b = dx * dx + dy * dy, px * dx + py * dy
    discriminant = b * b - a * c
    if b >= 0.0 or discriminant < 0.0:
        return None
    s = c / (sqrt(discriminant) - b)
    return s if s <= 1.0 else None

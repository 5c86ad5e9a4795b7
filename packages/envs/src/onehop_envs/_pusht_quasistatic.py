"""Where the T goes that a circle pushes: quasi-static, without friction, in batches.

The T of Push-T keeps no velocity and feels no friction, so it moves only while it is
pushed, along the contact normal, and only the *path* of the circle matters, not its
speed. With the circle's centre at p, the nearest point c of the outline, its outward
normal n, the depth d = 15 px - |p - c| and the lever r from the centre of gravity to c,
the smallest motion (mass 1, moment I) that ends the contact is

    translation  -lambda n,     rotation  -lambda (r x n) / I,

    lambda = d / (1 + (r x n)^2 / I).

Applied every few pixels of the path this follows the rigid-body engine to some tenths
of a pixel (a test measures it), for thousands of pushes at once.

Poses (B, 3) here are of the centre of gravity: x, y [px] and angle [rad]; local points
are relative to it.

References:
    | Mechanics of Robotic Manipulation (Mason, 2001), chapter 6, quasi-static pushing
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._pusht_geometry import BAR, OUTLINE, STEM
from ._pusht_physics import AGENT_RADIUS

__all__ = ["CENTRE", "CORNERS", "Nearest", "centred", "nearest", "pushed", "rotated"]

Array: TypeAlias = NDArray[np.float64]

CENTRE: Array = np.array([0.0, 45.0])  # of gravity, in the frame of the block [px]
CORNERS: Array = np.array(OUTLINE) - CENTRE
_EDGES: Array = np.roll(CORNERS, -1, axis=0) - CORNERS
_LENGTHS2: Array = np.square(_EDGES).sum(axis=1)
NORMALS: Array = np.stack([_EDGES[:, 1], -_EDGES[:, 0]], axis=1) / np.sqrt(
    _LENGTHS2[:, None]
)
_MOMENT = 3000.0  # twice that of the bar about the block's origin, for mass 1 [px^2]

_BOXES = [(*np.min(box - CENTRE, 0), *np.max(box - CENTRE, 0)) for box in (BAR, STEM)]


class Nearest(NamedTuple):
    """The point of the outline that is nearest to some point.

    Attributes:
        clearance: Distance to it, negative inside the T (B,) [px].
        point: (B, 2).
        normal: Unit vector that points out of the T (B, 2).
    """

    clearance: Array
    point: Array
    normal: Array


def rotated(angle: Array | float, v: Array) -> Array:
    """R(angle) v for vectors v (..., 2)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack(
        [c * v[..., 0] - s * v[..., 1], s * v[..., 0] + c * v[..., 1]], axis=-1
    )


def centred(block: ArrayLike) -> Array:
    """The pose of the centre of gravity for the pose (3,) that a state holds."""
    pose = np.asarray(block, dtype=np.float64)
    return np.append(pose[:2] + rotated(pose[2], CENTRE), pose[2])


def nearest(q: Array) -> Nearest:
    """The point of the outline nearest to each of the local points q (B, 2)."""
    offset = q[:, None] - CORNERS
    along = np.clip((offset * _EDGES).sum(axis=-1) / _LENGTHS2, 0.0, 1.0)
    offset -= along[..., None] * _EDGES
    square = (offset * offset).sum(axis=-1)
    edge = square.argmin(axis=1)
    rows = np.arange(len(q))
    offset, distance = offset[rows, edge], np.sqrt(square[rows, edge])
    inside = np.zeros(len(q), dtype=bool)
    for x0, y0, x1, y1 in _BOXES:
        inside |= (q[:, 0] > x0) & (q[:, 0] < x1) & (q[:, 1] > y0) & (q[:, 1] < y1)
    sign = np.where(inside, -1.0, 1.0)
    outwards = offset * (sign / np.maximum(distance, 1e-9))[:, None]
    normal = np.where(distance[:, None] > 1e-6, outwards, NORMALS[edge])
    return Nearest(sign * distance, q - offset, normal)


def pushed(pose: Array, agent: Array) -> Array:
    """The poses (B, 3) once the agents, circles at (B, 2), have pushed the T away.

    Twice, because in an inner corner the circle touches two edges.
    """
    for _ in range(2):
        at = nearest(rotated(-pose[:, 2], agent - pose[:, :2]))
        depth = np.maximum(AGENT_RADIUS - at.clearance, 0.0)
        if not depth.any():
            break
        lever = at.point[:, 0] * at.normal[:, 1] - at.point[:, 1] * at.normal[:, 0]
        amount = depth / (1.0 + lever**2 / _MOMENT)
        shift = rotated(pose[:, 2], at.normal) * amount[:, None]
        turn = lever * amount / _MOMENT
        pose = pose - np.concatenate([shift, turn[:, None]], axis=1)
    return pose

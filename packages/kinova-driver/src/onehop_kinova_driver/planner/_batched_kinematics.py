"""The kinematics of a Gen3 for many configurations at a time.

The same frames as `Gen3.frames`, axis by axis: a turn by quarters about x swaps y and
z, and a turn by q about z is

    x <- cos(q) x + sin(q) y,        y <- cos(q) y - sin(q) x,

so that no matrix is multiplied. In arrays the components come first and the
configurations last, in any shape: q is (7, *N).

An arm that is led along positions x_1 ... x_S of its tool, whose rotation is kept,
solves for each from the joints it had at the one before, by damped least squares as
`Gen3.inverse` does:

    q <- q + J^T (J J^T + l^2 I)^-1 e.

The error e of rotation is half the sum of the products of the axes, as they are and as
they should be.

References:
    | Resolved-Acceleration Control of Mechanical Manipulators
    | (Luh, Walker and Paul, 1980), eq. (17): the error of rotation
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._gen3 import OFFSETS, TURNS, Gen3

__all__ = ["Frames", "cross", "damped", "follow", "frames_of", "jacobians", "matrices"]

Array = NDArray[np.float64]

DAMPING = 0.01
"""l [m], that of `Gen3.inverse`."""
STEP = 0.5
"""A joint turns by no more in an iteration [rad], as in `Gen3.inverse`."""


class Frames(NamedTuple):
    """The frames of the seven links and of the tool, in the base's.

    Attributes:
        x: Their first axes, (8, 3, *N).
        y: Their second.
        z: Their third; the first seven are the axes of the joints.
        p: Their origins [m].
    """

    x: Array
    y: Array
    z: Array
    p: Array


def frames_of(arm: Gen3, q: Array) -> Frames:
    """The frames at angles (7, *N) [rad]."""
    c, s = np.cos(q), np.sin(q)
    made = Frames(*(np.empty((8, 3, *q.shape[1:])) for _ in range(4)))
    x, y, z = (axis.reshape(3, *[1] * (q.ndim - 1)) for axis in np.eye(3))
    p = np.zeros_like(x)
    for i in range(8):
        p = _moved(p, (x, y, z), OFFSETS[i])
        y, z = _quarters(y, z, TURNS[i] % 4)
        if i < 7:
            x, y = c[i] * x + s[i] * y, c[i] * y - s[i] * x
        else:
            p = _moved(p, (x, y, z), arm.tool)
        made.x[i], made.y[i], made.z[i], made.p[i] = x, y, z, p
    return made


def _moved(p: Array, axes: Sequence[Array], by: Sequence[float]) -> Array:
    for axis, amount in zip(axes, by, strict=True):
        if amount:
            p = p + amount * axis
    return p


def _quarters(y: Array, z: Array, turns: int) -> tuple[Array, Array]:
    """The second and the third axis after quarters of a turn about the first."""
    return ((y, z), (z, -y), (-y, -z), (-z, y))[turns]


def cross(a: Array, b: Array) -> Array:
    """Vector products a x b of (3, *N)."""
    made = np.empty(np.broadcast_shapes(a.shape, b.shape))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.multiply(a[j], b[k], out=made[i])
        made[i] -= a[k] * b[j]
    return made


def jacobians(frames: Frames) -> Array:
    """What the tool's velocity (linear, angular) is per joint velocity, (6, 7, *N)."""
    axes = frames.z[:7].swapaxes(0, 1)
    arms = (frames.p[7] - frames.p[:7]).swapaxes(0, 1)
    return np.concatenate([cross(axes, arms), axes])


def matrices(jacobian: Array) -> Array:
    """Jacobians as a stack of matrices, (*N, 6, 7)."""
    return np.ascontiguousarray(np.moveaxis(jacobian, (0, 1), (-2, -1)))


def damped(j: Array) -> Array:
    """J J^T + l^2 I of a stack of Jacobians (*N, 6, 7), (*N, 6, 6)."""
    made: Array = j @ j.swapaxes(-1, -2) + DAMPING**2 * np.eye(6)
    return made


def follow(arm: Gen3, start: Array, x: Array, axes: Array, last: int = 0) -> Array:
    """The joints of arms that are led along positions, (7, S, B) [rad].

    Args:
        arm: Whose joints.
        start: Angles to begin with [rad], (7, B).
        x: Positions of the tool [m], (3, S, B).
        axes: Of the tool, which are kept, (3, 3, B): x, y, z.
        last: Further iterations at the last position.
    """
    made, q = np.empty((7, *x.shape[1:])), start
    for k in range(x.shape[1]):
        q = made[:, k] = _towards(arm, q, x[:, k], axes)
    for _ in range(last):
        q = made[:, -1] = _towards(arm, q, x[:, -1], axes)
    return made


def _towards(arm: Gen3, q: Array, x: Array, axes: Array) -> Array:
    """Angles (7, B) after one iteration."""
    frames = frames_of(arm, q)
    turn = sum(cross(a[7], b) for a, b in zip(frames[:3], axes, strict=True))
    e = np.concatenate([x - frames.p[7], turn / 2]).T[..., None]
    j = matrices(jacobians(frames))
    step = j.swapaxes(1, 2) @ np.linalg.solve(damped(j), e)
    made: Array = q + np.clip(step[..., 0].T, -STEP, STEP)
    return made

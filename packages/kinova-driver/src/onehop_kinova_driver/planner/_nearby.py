"""Joints that follow the way of a tool, and what is near to that way, to first order.

Of an arm whose tool is at x_0, its rotation kept, with joints q_0 and the damped
pseudo-inverse J^+ there,

    q(x) = q_0 + J^+ (x - x_0, 0),
    ln cond J(x) = ln cond J(x_0) + (d ln cond / dq) J^+ (x - x_0, 0).

That the joints also depend on the way before x is left to the next time the arm
follows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._gen3 import Gen3
from ._batched_kinematics import damped, follow, frames_of, jacobians, matrices
from ._conditioning import log_condition
from ._obstacles import Obstacles

__all__ = ["Arms", "Nearby", "nearby"]

Array = NDArray[np.float64]

LEAST = 1.1
"""With A = J J^T, sqrt(|A| |A^-1|) is 1.12 to 1.46 times cond J for this arm: where it
is below this times a limit, cond J is below the limit."""


class Arms(NamedTuple):
    """B arms at the start of their ways.

    Attributes:
        start: Angles of their joints [rad], (7, B).
        axes: Of their tools, which are kept, (3, 3, B): x, y, z.
        obstacles: What is in their way.
    """

    start: Array
    axes: Array
    obstacles: Obstacles

    def repeated(self, times: int) -> Arms:
        """Each so many times, one after the other."""
        start, axes = self.start.repeat(times, -1), self.axes.repeat(times, -1)
        return Arms(start, axes, self.obstacles.repeated(times))

    def of(self, arms: NDArray[np.intp]) -> Arms:
        """Some of them."""
        start, axes = self.start[..., arms], self.axes[..., arms]
        return Arms(start, axes, self.obstacles.of(arms))


class Nearby(NamedTuple):
    """What is near to the ways of B arms, at S samples.

    Attributes:
        x: x_0: where the tool is [m], (3, S, B).
        q: q_0: the joints there [rad], (7, S, B).
        back: dq/dx, (7, 3, S, B).
        condition: ln cond J at x_0, (S, B); minus infinity where it is small.
        steeper: d ln cond / dx there, (3, S, B).
    """

    x: Array
    q: Array
    back: Array
    condition: Array
    steeper: Array


def nearby(arm: Gen3, x: Array, arms: Arms, limit: float) -> Nearby:
    """The arm that follows ways of its tool.

    Args:
        arm: Whose joints.
        x: Where the tool is led to [m], (3, S, B).
        arms: Where it begins.
        limit: Condition numbers that are well below it do not matter.
    """
    q = follow(arm, arms.start, x, arms.axes)
    frames = frames_of(arm, q)
    jacobian = jacobians(frames)
    j = matrices(jacobian)
    square = damped(j)
    inverse = np.linalg.inv(square)
    back = np.moveaxis(j.swapaxes(-1, -2) @ inverse[..., :3], (-2, -1), (0, 1)).copy()
    bound = np.linalg.norm(square, axis=(-2, -1)) * np.linalg.norm(
        inverse, axis=(-2, -1)
    )
    k, b = np.nonzero(bound > (LEAST * limit) ** 2)
    condition, steeper = np.full(q.shape[1:], -np.inf), np.zeros((3, *q.shape[1:]))
    part = type(frames)(*(axis[..., k, b] for axis in frames))
    condition[k, b], gradient = log_condition(part, jacobian[..., k, b])
    steeper[:, k, b] = (back[..., k, b] * gradient[:, None]).sum(0)
    return Nearby(frames.p[7], q, back, condition, steeper)

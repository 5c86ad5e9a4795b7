"""How far the T is from its goal: a distance, its coverage, and the steps still to go.

The distance weighs the turn by the T's size:

    D^2 = |x - x*|^2 + rho^2 turn^2,     turn in [-pi, pi),     rho = 50 px.

(The distance of the T's points themselves would hardly change where the T is turned by
nearly pi, and a planner that goes by it gets stuck there.)

Near the goal the coverage is, to first order in the displacement u of the outline,

    coverage = 1 - 1/2 ∮ |u . n| ds / area,

since what one side leaves the other side enters. Poses are those of
`_pusht_quasistatic`.
"""

from __future__ import annotations

import numpy as np

from ._pusht_geometry import GOAL
from ._pusht_quasistatic import CORNERS, NORMALS, Array, centred, rotated

__all__ = ["distance", "linear_coverage", "steps_to_go"]

_GOAL_POSE = centred(GOAL)
_RHO = 50.0  # [px]
_AREA = 6300.0  # [px^2]
_NEAR = 12.0  # where the linearisation is trusted [px]
_DONE = 0.98  # well above the 0.95 of success: an imitator falls a little short

_PIECES = 6
_EDGES = np.roll(CORNERS, -1, axis=0) - CORNERS
_POINTS = np.concatenate(
    [CORNERS + (i + 0.5) / _PIECES * _EDGES for i in range(_PIECES)]
)
_NORMALS = np.tile(NORMALS, (_PIECES, 1))
_WEIGHTS = np.tile(np.hypot(*_EDGES.T) / _PIECES, _PIECES)
_LEVERS = _POINTS[:, 0] * _NORMALS[:, 1] - _POINTS[:, 1] * _NORMALS[:, 0]


def distance(pose: Array) -> Array:
    """D of poses (..., 3) [px]."""
    shift, turn = _errors(pose)
    square = (shift**2).sum(axis=-1) + (_RHO * turn) ** 2
    return np.asarray(np.sqrt(square))


def linear_coverage(pose: Array) -> Array:
    """Coverage of poses (..., 3) to first order; only near the goal is it one."""
    shift, turn = _errors(pose)
    local = rotated(-_GOAL_POSE[2], shift)[..., None, :]
    moved = (local * _NORMALS).sum(axis=-1) + turn[..., None] * _LEVERS
    left: Array = (np.abs(moved) * _WEIGHTS).sum(axis=-1)
    return 1.0 - 0.5 * left / _AREA


def steps_to_go(pose: Array) -> Array:
    """A guess, rather too high, of the control steps from poses (B, 3) to the goal.

    Too low a guess would make it pay to put a push off; fitted to solved episodes.
    """
    d = distance(pose)
    guess = 15.0 + 5.0 * np.sqrt(d) + 0.5 * d
    near = d < _NEAR
    coverage = linear_coverage(pose[near])
    # Once done, what is left only tells a snug fit from one that barely passes.
    guess[near] = np.where(coverage > _DONE, 300.0 * (1.0 - coverage), guess[near])
    return guess


def _errors(pose: Array) -> tuple[Array, Array]:
    """Shift (..., 2) [px] and turn (...) in [-pi, pi) [rad] from the goal."""
    error = pose - _GOAL_POSE
    turn = (error[..., 2] + np.pi) % (2.0 * np.pi) - np.pi
    return error[..., :2], turn

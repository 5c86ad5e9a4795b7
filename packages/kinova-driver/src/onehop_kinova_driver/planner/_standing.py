"""How an arm stands, for many configurations at a time, and what is asked of a plan.

The gate slows an arm that comes near to obstacles, ends of joints and singularities,
and stops it in the end (`Posture`). A plan keeps well away from where it is stopped:

    clearance >= 50 mm,        |q| <= q_end - 0.15 rad,        cond J <= 17.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._body import Body, Cover, cover_of
from .._gen3 import RANGES, Gen3, wrapped
from ._batched_kinematics import Frames, frames_of, jacobians
from ._conditioning import conditions
from ._obstacles import Obstacles, clearances

__all__ = ["CLEARANCE", "CONDITION", "LEFT", "Standing", "clear_of", "stand"]

Array = NDArray[np.float64]

CLEARANCE = 0.05
"""Of the whole arm at least [m]."""
LEFT = 0.15
"""What joints 2, 4, 6 keep to the ends of their ranges at least [rad]."""
CONDITION = 17.0
"""Of the Jacobian at most."""


class Standing(NamedTuple):
    """How arms stand, each (S, B).

    Attributes:
        clearance: The least distance of any part to any obstacle [m].
        left: What the joints have left to the ends of their ranges [rad].
        condition: Condition number of the Jacobian.
    """

    clearance: Array
    left: Array
    condition: Array

    def good(self, spare: float = 0.0) -> NDArray[np.bool_]:
        """Where it is as a plan may, (S, B), with a share of each limit to spare."""
        clear = self.clearance >= (1 + spare) * CLEARANCE
        free = self.left >= (1 + spare) * LEFT
        regular = self.condition <= (1 - spare) * CONDITION
        return np.logical_and(np.logical_and(clear, free), regular)


def stand(arm: Gen3, q: Array, obstacles: Obstacles) -> Standing:
    """How an arm stands at angles (7, S, B) [rad], among the obstacles of B arms."""
    frames = frames_of(arm, q)
    left = np.reshape(RANGES, (7, 1, 1)) - np.abs(wrapped(q))
    condition = conditions(jacobians(frames))
    return Standing(clear_of(arm, frames, obstacles), left.min(0), condition)


def clear_of(arm: Gen3, frames: Frames, obstacles: Obstacles) -> Array:
    """The least distance [m] of any part of an arm to any obstacle, (S, B)."""
    return clearances(_cover(arm), frames, obstacles)


@lru_cache(maxsize=8)
def _cover(arm: Gen3) -> Cover:
    """The spheres that `Body.clearance` looks at."""
    return cover_of(Body(arm).capsules)

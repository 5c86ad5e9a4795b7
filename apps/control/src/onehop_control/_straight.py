"""A policy without a network: straight to the goal, whatever is in the way.

Row j lies (L + j) T v further on than the tool is, at most at the goal. It is there to
try an installation out, and what a policy has to beat where nothing is in the way.
"""

from __future__ import annotations

import numpy as np

from onehop_kinova_driver import AHEAD, ArmState, Vec3

from ._contract import HORIZON, PERIOD, Array

__all__ = ["Straight"]


class Straight:
    """Proposes one plan.

    Args:
        goal: Where it ends [m].
        speed: v [m/s].
    """

    def __init__(self, goal: Vec3, speed: float = 0.08) -> None:
        self._goal, self._speed = np.array(goal), speed
        self._ahead = (AHEAD + np.arange(HORIZON)) * PERIOD

    def __call__(self, state: ArmState, k: int) -> Array:
        """The plan, (1, H, 3) [m]."""
        here = np.array(state.pos)
        left = self._goal - here
        length = max(float(np.linalg.norm(left)), 1e-12)
        share = np.minimum(self._speed * self._ahead / length, 1.0)
        plan: Array = here + share[:, None] * left
        return plan[None]

"""A policy without a network: the planner's path, followed by where the tool is.

The path is known at the grid t_i = i T. With the place i on it that is nearest to the
tool, among those from the last place on that a second more would reach, row j of the
plan is point i + L + j of the path, at most its end.
"""

from __future__ import annotations

import numpy as np

from onehop_kinova_driver import AHEAD, ArmState

from ._contract import HORIZON, Array

__all__ = ["Planned"]

WINDOW = 20
"""How many points further on the tool is looked for."""


class Planned:
    """Proposes one plan.

    Args:
        path: Points (n, 3) [m], a period apart.
    """

    def __init__(self, path: Array) -> None:
        self._path, self._at = path, 0

    def __call__(self, state: ArmState, k: int) -> Array:
        """The plan, (1, H, 3) [m]; with k = 0 from the beginning of the path."""
        if k == 0:
            self._at = 0
        near = self._path[self._at : self._at + WINDOW] - state.pos
        self._at += int(np.argmin(np.einsum("ni,ni->n", near, near)))
        rows = self._at + AHEAD + np.arange(HORIZON)
        return self._path[np.minimum(rows, len(self._path) - 1)][None]

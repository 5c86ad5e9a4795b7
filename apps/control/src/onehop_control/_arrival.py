"""Arrival: the tool is at the goal, at rest, for some ticks in a row.

It is judged by what the arm measures, never by what was commanded.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import dist, hypot

from onehop_interfaces.options import Positive
from onehop_kinova_driver import ArmState, Vec3

__all__ = ["AT_REST", "Arrival", "Tolerance"]

AT_REST = 0.005
"""Slower than that is at rest [m/s]."""
TICKS = 5
"""So many in a row."""


@dataclass(frozen=True)
class Tolerance:
    """When an episode ends.

    Attributes:
        near: How far the tool may be from the goal [m].
        seconds: How long it may take [s].
    """

    near: Positive = 0.01
    seconds: Positive = 60.0


class Arrival:
    """Sees whether the tool has arrived.

    Args:
        goal: Where it is to be [m].
        near: How far it may be from there [m].
    """

    def __init__(self, goal: Vec3, near: float) -> None:
        self._goal, self._near = goal, near
        self._row, self._t = 0, float("-inf")

    def __call__(self, state: ArmState) -> bool:
        """Whether it has, by this state, too; a state counts once."""
        if state.t > self._t:
            self._t = state.t
            there = dist(state.pos, self._goal) <= self._near
            rests = hypot(*state.twist[:3]) <= AT_REST
            self._row = self._row + 1 if there and rests else 0
        return self._row >= TICKS

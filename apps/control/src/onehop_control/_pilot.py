"""A pilot: proposes, scores, chooses, and remembers what it chose.

The last plan is a candidate again until 0.3 s after it was proposed, however often it
was chosen since: what is worth most by standing still would otherwise be chosen for
ever. A *switch* is a chosen plan that is more than `SWITCH` from the last one in the
mean, both as of now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from onehop_kinova_driver import ArmState, Vec3

from ._candidates import SWITCH, Situation, choose, mean_apart, shifted
from ._contract import HORIZON, PERIOD, Array
from ._score import Weights

__all__ = ["FRESH", "Decision", "Pilot", "Proposer"]

Proposer: TypeAlias = Callable[[ArmState, int], Array]
"""(state, number of the decision) -> candidates (n, H, 3) [m]."""

WARM = 10
"""Decisions that count for nothing."""
FRESH = 6
"""So many periods after it was proposed a plan is a candidate."""


class Decision(NamedTuple):
    """What came of it.

    Attributes:
        target: Where to send the tool [m].
        plan: Whose row 0 that is, (H, 3) [m].
        chosen: The number of the candidate; the last plan's is the last.
        scores: Of all candidates, (n,).
        switched: Whether it goes another way than the last.
    """

    target: Vec3
    plan: Array
    chosen: int
    scores: Array
    switched: bool


class _Memory(NamedTuple):
    """A plan, and when it was proposed [s]."""

    plan: Array
    t: float


class Pilot:
    """Decides, again and again.

    Args:
        propose: What there is to choose among.
        there: What it is judged by.
        weights: What counts how much.
    """

    def __init__(
        self, propose: Proposer, there: Situation, weights: Weights | None = None
    ) -> None:
        self._propose, self._there = propose, there
        self._weights = weights or Weights()
        self.forget()

    def forget(self) -> None:
        """Begin anew: as if nothing had been decided."""
        self._k = 0
        self._memory: _Memory | None = None

    def warm_up(self, state: ArmState) -> None:
        """Let what is slow only the first times be over; nothing of it is kept."""
        for _ in range(WARM):
            self.decide(state)
        self.forget()

    def decide(self, state: ArmState) -> Decision | None:
        """Where to go from a state; None if no new candidate is fit to be sent."""
        plans = np.asarray(self._propose(state, self._k), np.float64)
        self._k += 1
        last, rows = self._last(state.t)
        new = len(plans)
        if last is not None and rows <= FRESH:
            plans = np.concatenate((plans, last[None]))
        found = choose(plans, last, self._there, self._weights)
        if found is None or not np.isfinite(found.scores[:new]).any():
            return None
        switched = last is not None and mean_apart(found.plan, last) > SWITCH
        if found.number < new:
            self._memory = _Memory(found.plan, state.t)
        x, y, z = found.plan[0].tolist()
        return Decision((x, y, z), found.plan, found.number, found.scores, switched)

    def _last(self, t: float) -> tuple[Array | None, int]:
        """The last plan as of t [s], None if nothing of it is left; its age in rows."""
        if self._memory is None:
            return None, 0
        rows = round((t - self._memory.t) / PERIOD)
        left = 0 <= rows < HORIZON
        return shifted(self._memory.plan, rows) if left else None, rows

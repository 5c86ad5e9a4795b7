"""What a judge knows, learnt in turn: Q and V first, then the actor that they imply.

Of N updates the last `actor_share` are the actor's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor

from onehop_interfaces.learning import Learning, Run

from ._advantages import advantages
from ._extraction import Extraction
from ._iql import IQL, IQLRecipe
from ._judge import Judge
from ._transitions import Transitions

__all__ = ["JudgeLearning"]

AT_ONCE = 2**16
"""States that are valued at once."""


class JudgeLearning(Learning):
    """The learner of a judge's networks, from transitions as they see them.

    Args:
        settings: What can be set.
        run: The run it is part of.
        judge: Whose networks.
        of: All transitions, in order; batches are of these.
    """

    def __init__(
        self, settings: IQLRecipe, run: Run, judge: Judge, of: Transitions
    ) -> None:
        super().__init__(run)
        self.settings, self._of = settings, of
        last = max(1, round(settings.actor_share * run.steps))
        self.first = run.steps - last
        of_values, of_actor = replace(run, steps=self.first), replace(run, steps=last)
        iql = IQL(settings, of_values, judge.critic, judge.value)
        actor = Extraction(
            settings, of_actor, judge.actor, lambda batch: self._advantages[batch.at]
        )
        self.iql = self.keep("iql", iql)
        self.extraction = self.keep("extraction", actor)

    def update(self, batch: Transitions) -> dict[str, float]:
        """One step of those whose turn it is."""
        learner = self.iql if self.updates < self.first else self.extraction
        return self.end_update(**learner.update(batch))

    @cached_property
    @torch.no_grad()
    def _advantages(self) -> Tensor:
        """Of every step of the recording, when V is finished; 0 where none is known."""
        v, v_next = (self._v(states) for states in (self._of.s, self._of.s_next))
        each = v.new_zeros(int(self._of.at.max()) + 1)
        gamma, lam = self.settings.gamma, self.settings.lam
        each[self._of.at] = advantages(self._of, v, v_next, gamma, lam)
        return each

    def _v(self, states: Tensor) -> Tensor:
        parts = torch.split(states, AT_ONCE)
        return torch.cat([self.iql.value(part) for part in parts])

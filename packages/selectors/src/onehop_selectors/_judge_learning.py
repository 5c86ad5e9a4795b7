"""What a judge knows, learnt in turn: Q and V first, then the actor that they imply.

Of N updates the last `actor_share` are the actor's.
"""

from __future__ import annotations

from dataclasses import replace

from onehop_interfaces.learning import Learning, Run

from ._extraction import Extraction
from ._iql import IQL, IQLRecipe
from ._judge import Judge
from ._transitions import Transitions

__all__ = ["JudgeLearning"]


class JudgeLearning(Learning):
    """The learner of a judge's networks, from transitions as they see them.

    Args:
        settings: What can be set.
        run: The run it is part of.
        judge: Whose networks.
    """

    def __init__(self, settings: IQLRecipe, run: Run, judge: Judge) -> None:
        super().__init__(run)
        last = max(1, round(settings.actor_share * run.steps))
        self.first = run.steps - last
        of_values, of_actor = replace(run, steps=self.first), replace(run, steps=last)
        iql = IQL(settings, of_values, judge.critic, judge.value)
        actor = Extraction(settings, of_actor, judge.actor, iql.advantage)
        self.iql = self.keep("iql", iql)
        self.extraction = self.keep("extraction", actor)

    def update(self, batch: Transitions) -> dict[str, float]:
        """One step of those whose turn it is."""
        learner = self.iql if self.updates < self.first else self.extraction
        return self.end_update(**learner.update(batch))

"""A policy of finished values, by regression that weighs advantages.

    pi = arg min E[ - min( exp(beta A), w ) log pi(a | s) ]

over the data. Of actions that mu decided on, that is the policy most like
mu exp(beta A), but for the bound w: at w = 1 what is better than usual is copied as it
is, and what is worse is left out. Values never ask pi, so it can be learnt when they
are finished; beside values that still move it would follow, at first, advantages that
are wrong.

References:
    | Offline Reinforcement Learning with Implicit Q-Learning (Kostrikov et al., 2022),
    | equation 7 | https://arxiv.org/abs/2110.06169
    | Advantage-Weighted Regression (Peng et al., 2019) | https://arxiv.org/abs/1910.00177
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces.averages import averaged
from onehop_interfaces.learning import Learning, Run, half_cosine

from ._iql import IQLRecipe
from ._networks import Actor
from ._transitions import Transitions

__all__ = ["Advantage", "Extraction"]

Advantage: TypeAlias = Callable[[Transitions], Tensor]
"""Transitions -> A (B,), how much better than usual they are, without gradient."""


class Extraction(Learning):
    """The learner of pi.

    Args:
        settings: What can be set.
        run: The run it is part of.
        actor: pi.
        advantage: A.
    """

    def __init__(
        self, settings: IQLRecipe, run: Run, actor: Actor, advantage: Advantage
    ) -> None:
        super().__init__(run)
        self.settings, self.advantage = settings, advantage
        self.actor = self.keep("actor", actor)
        self.averaged = self.keep("averaged", averaged(actor))
        adam = partial(torch.optim.Adam, lr=settings.actor_lr, fused=True)
        self.optimizer = self.optimise(
            "optimizer", actor.parameters(), adam, half_cosine
        )

    def update(self, batch: Transitions) -> dict[str, float]:
        """One step on the batch."""
        exponent = self.settings.beta * self.advantage(batch)
        weight = exponent.exp().clamp_max(self.settings.most)
        loss = -(weight * self.actor.log_prob(batch.a, batch.s)).mean()
        self.minimise(loss, self.optimizer)
        self.averaged.update_parameters(self.actor)
        return self.end_update(loss=loss, weight=weight.mean())

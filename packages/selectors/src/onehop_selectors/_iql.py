"""Implicit Q-learning: values of what the data do best, asking for nothing else.

With the tau-expectile loss L(u) = |tau - 1(u < 0)| u^2, an update takes one step down
each of

    V:    L( min_i Q~_i(s, a) - V(s) )
    Q_i:  ( r + gamma (1 - ended) V(s') - Q_i(s, a) )^2

and moves the targets Q~ a little towards Q. V is an expectile over the actions of the
data: their mean at tau = .5, and near their best as tau goes to 1. No action is valued
that the data do not have, and no policy is asked: one is learnt from the finished
values, in `_extraction`.

References:
    | Offline Reinforcement Learning with Implicit Q-Learning (Kostrikov et al., 2022),
    | equations 5 and 6, appendix B | https://arxiv.org/abs/2110.06169
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import torch
from torch import Tensor, nn

from onehop_interfaces.averages import averaged, steady
from onehop_interfaces.drawing import seeded
from onehop_interfaces.learning import Learning, Run
from onehop_interfaces.options import NonNegative, Positive, Rule, Share, Size

from ._judge import Judge
from ._transitions import Transitions

__all__ = ["IQL", "IQLRecipe", "expectile_loss"]


def expectile_loss(u: Tensor, tau: float) -> Tensor:
    """L of errors u, one by one."""
    return torch.where(u < 0, 1 - tau, tau) * u.square()


@dataclass(frozen=True)
class IQLRecipe:
    """IQL's settings: those of its paper for locomotion, but for the actor's."""

    tau: Annotated[float, Rule("above 0 and below 1", lambda x: 0 < x < 1)] = 0.7
    """Of the expectile."""
    gamma: Share = 0.99
    """What a reward one step later is worth."""
    lr: Positive = 3e-4
    """Adam's, of Q and V."""
    target_rate: Share = 0.005
    """How far the targets move per update."""
    beta: NonNegative = 2.0
    """How far the actor prefers what is above V; 0 clones the data."""
    lam: Share = 0.95
    """lambda, of the actor's advantages; 0 for those of a single step."""
    most: Positive = 3.0
    """What a step weighs in the actor's regression at most; the paper's 100."""
    actor_share: Share = 0.2
    """Of the updates, the last, in which the actor learns from what Q and V are by
    then."""
    actor_lr: Positive = 1e-3
    """Adam's, of the actor; it falls to zero as a cosine."""
    width: Size = 256
    """Units of a hidden layer."""
    depth: Size = 2
    """Hidden layers."""

    def judge(self, name: str, s_dim: int, a_dim: int, run: Run) -> Judge:
        """A judge with fresh networks, which the generator's seed alone decides."""
        with seeded(run.generator):
            return Judge(name, s_dim, a_dim, self.width, self.depth)


class IQL(Learning):
    """The learner of Q and V.

    Args:
        settings: What can be set.
        run: The run it is part of.
        critic: (s, a) -> both Q, (2, B).
        value: s -> V, (B,).
    """

    def __init__(
        self,
        settings: IQLRecipe,
        run: Run,
        critic: nn.Module,
        value: nn.Module,
    ) -> None:
        super().__init__(run)
        self.settings = settings
        self.critic = self.keep("critic", critic)
        self.value = self.keep("value", value)
        adam = partial(torch.optim.Adam, lr=settings.lr, fused=True)
        self.critic_optimizer = self.optimise(
            "critic_optimizer", critic.parameters(), adam
        )
        self.value_optimizer = self.optimise(
            "value_optimizer", value.parameters(), adam
        )
        target = averaged(critic, steady(1 - settings.target_rate))
        self._target = self.keep("target", target.requires_grad_(False))

    @property
    def target(self) -> nn.Module:
        """Q~, the average of the critic."""
        return self._target.module

    def update(self, batch: Transitions) -> dict[str, float]:
        """One step of each on the batch."""
        q, v = self._target_q(batch), self.value(batch.s)
        v_loss = expectile_loss(q - v, self.settings.tau).mean()
        self.minimise(v_loss, self.value_optimizer)
        q_loss = self._critic_loss(batch)
        self.minimise(q_loss, self.critic_optimizer)
        self._target.update_parameters(self.critic)
        return self.end_update(loss=q_loss, v_loss=v_loss, v=v.mean())

    @torch.no_grad()
    def _target_q(self, batch: Transitions) -> Tensor:
        lower: Tensor = self.target(batch.s, batch.a).amin(0)
        return lower

    def _critic_loss(self, batch: Transitions) -> Tensor:
        with torch.no_grad():
            follows = (1 - batch.ended) * self.value(batch.s_next)
        return_ = batch.r + self.settings.gamma * follows
        loss: Tensor = (self.critic(batch.s, batch.a) - return_).square().sum(0).mean()
        return loss

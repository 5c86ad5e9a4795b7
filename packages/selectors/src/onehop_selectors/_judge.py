"""A judge: what IQL learnt, asked in the environment's units.

    s = (state - mean) / std,     r = scale reward,     scale = 1000 / (best - worst)

Its networks see s and value what r adds up to; best and worst are returns of the data's
episodes, as IDQL has it, so that values are of a size whatever a task pays.

References:
    | IDQL: Implicit Q-Learning as an Actor-Critic Method with Diffusion Policies
    | (Hansen-Estruch et al., 2023), appendix | https://arxiv.org/abs/2304.10573
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self, final

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Obs, settings, whole

from ._networks import Actor, StateValue, TwinCritic
from ._transitions import Transitions

__all__ = ["Judge"]

SPAN = 1_000.0
LARGEST = 2**14


@final
class Judge(nn.Module):
    """Q, V and pi of a state that is observed.

    Args:
        name: Of the observation.
        state_dim: S.
        action_dim: A.
        width: Units of a hidden layer.
        depth: Hidden layers.
    """

    mean: Tensor
    std: Tensor
    scale: Tensor

    def __init__(
        self, name: str, state_dim: int, action_dim: int, width: int, depth: int
    ) -> None:
        super().__init__()
        self.name, self.state_dim, self.action_dim = name, state_dim, action_dim
        self.width, self.depth = width, depth
        self.critic = TwinCritic(state_dim, action_dim, width, depth)
        self.value = StateValue(state_dim, width, depth)
        self.actor = Actor(state_dim, action_dim, width, depth)
        self.register_buffer("mean", torch.zeros(state_dim))
        self.register_buffer("std", torch.ones(state_dim))
        self.register_buffer("scale", torch.ones(()))

    def fit(self, states: Tensor, returns: Tensor) -> None:
        """Take the units from data.

        Args:
            states: (N, S).
            returns: Of episodes, (E,).

        Raises:
            BadInput: if all returns are the same, so that there is nothing to judge by.
        """
        span = returns.max() - returns.min()
        if not span > 0:
            raise BadInput(f"returns: expected some that differ, got {returns.max():g}")
        self.mean.copy_(states.double().mean(0))
        std = states.double().std(0, correction=0)
        self.std.copy_(std.where(std > 0, torch.ones_like(std)))
        self.scale.copy_(SPAN / span)

    def normal(self, of: Transitions) -> Transitions:
        """Transitions as the networks see them."""
        s, s_next = self._s(of.s), self._s(of.s_next)
        return replace(of, s=s, r=self.scale * of.r, s_next=s_next)

    def seen(self, obs: Obs) -> Tensor:
        """The state now (B, S), of observations."""
        return obs[self.name][:, -1].to(self.mean)

    def q(self, states: Tensor, actions: Tensor) -> Tensor:
        """Both Q, (2, ...), of states (..., S) and actions (..., A) within -1 to 1."""
        both: Tensor = self.critic(self._s(states), actions.clamp(-1, 1))
        return both

    def v(self, states: Tensor) -> Tensor:
        """V (...) of states (..., S)."""
        value: Tensor = self.value(self._s(states))
        return value

    def act(self, states: Tensor) -> Tensor:
        """The actor's mean action (..., A) in states (..., S)."""
        action: Tensor = self.actor(self._s(states))
        return action

    def _s(self, states: Tensor) -> Tensor:
        return (states - self.mean) / self.std

    def config(self) -> dict[str, Any]:
        """What `from_config` takes, JSON."""
        sizes = ("name", "state_dim", "action_dim", "width", "depth")
        return {size: getattr(self, size) for size in sizes}

    @classmethod
    def from_config(cls, config: object) -> Self:
        """A judge of these sizes; the weights are loaded after.

        Raises:
            BadInput: if the config is not one that `config` writes.
        """
        sizes = ("state_dim", "action_dim", "width", "depth")
        given: Mapping[str, Any] = settings(config, "judge config", ("name", *sizes))
        if not isinstance(given["name"], str):
            raise BadInput(f"judge name: expected a text, got {given['name']!r}")
        numbers = {n: whole(given[n], f"judge {n}", 1, LARGEST) for n in sizes}
        return cls(given["name"], **numbers)

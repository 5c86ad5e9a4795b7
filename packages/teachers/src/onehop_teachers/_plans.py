"""Plans of states and actions, standardised.

A row is what is expected to be seen, and what is done about it:

    plan  (s_0, a_0), (s_1, a_1), ..., (s_{H-1}, a_{H-1}),     s_0 the state now

States are standardised by what was seen at decisions, as `Flatten` does it for the
condition: s_0 in a chunk is the condition, number for number.

References:
    | Planning with Diffusion for Flexible Behavior Synthesis (Janner et al., 2022),
    | section 3.1 | https://arxiv.org/abs/2205.09991
"""

from typing import final

import torch
from torch import Tensor, nn

from onehop_interfaces import Obs

from ._statistics import Standardise

__all__ = ["ScaledPlans"]


@final
class ScaledPlans(nn.Module):
    """An `ActionSpace` of such plans.

    Args:
        name: The observation that is planned.
        state_dim: S, its numbers.
        action_dim: A.
    """

    def __init__(self, name: str, state_dim: int, action_dim: int) -> None:
        super().__init__()
        self.name, self.state_dim, self.action_dim = name, state_dim, action_dim
        self.states = Standardise(state_dim)
        self.actions = Standardise(action_dim)

    def forward(self, plans: Tensor, obs: Obs) -> Tensor:
        """Chunks x (B, H, S + A)."""
        s, a = self._parts(plans)
        return torch.cat([self.states(s), self.actions(a)], -1)

    def inverse(self, x: Tensor, obs: Obs) -> Tensor:
        """Plans (B, H, S + A), in the environment's units."""
        s, a = self._parts(x)
        return torch.cat([self.states.inverse(s), self.actions.inverse(a)], -1)

    def fit(self, plans: Tensor, obs: Obs) -> None:
        """Take the statistics of the states now and of all actions."""
        self.states.fit(obs[self.name][:, -1])
        self.actions.fit(self._parts(plans)[1])

    def _parts(self, of: Tensor) -> tuple[Tensor, Tensor]:
        return of[..., : self.state_dim], of[..., self.state_dim :]

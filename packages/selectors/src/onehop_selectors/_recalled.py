"""What the data did: an action that was taken in one of the states nearest to now's.

    a = a_i,     i drawn evenly from the K nearest of ||(s_i - s) / std||

It has learned nothing, so that what the best of its candidates is better by is the
selector's own doing; and no candidate is an action that the data do not have.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Obs

from ._actor_policy import one_step

__all__ = ["Recalled"]


class Recalled(nn.Module):
    """A policy that looks up; it decides at every step, and plans no further.

    Args:
        name: Of the observation.
        states: (N, S), in the environment's units.
        actions: (N, A).
        nearest: K.

    Raises:
        BadInput: if there are fewer states than that.
    """

    states: Tensor
    actions: Tensor
    std: Tensor
    nfe = 1

    def __init__(
        self, name: str, states: Tensor, actions: Tensor, nearest: int = 16
    ) -> None:
        super().__init__()
        if not 1 <= nearest <= len(states):
            raise BadInput(f"nearest: expected 1 to {len(states)}, got {nearest}")
        self.name, self.nearest = name, nearest
        std = states.std(0, correction=0)
        self.register_buffer("std", std.where(std > 0, torch.ones_like(std)))
        self.register_buffer("states", states / self.std)
        self.register_buffer("actions", actions)
        self.signature = one_step(name, states.shape[1], actions.shape[1])

    @property
    def noise(self) -> tuple[int, ...]:
        """One number, which says which of the nearest."""
        return (1,)

    def act(self, obs: Obs, noise: Tensor) -> Tensor:
        """See `onehop_interfaces.Policy`."""
        seen = obs[self.name][:, -1].to(self.states) / self.std
        # Candidates are of the same state: it is looked up once.
        seen, which = torch.unique(seen, dim=0, return_inverse=True)
        distances = torch.cdist(seen, self.states)
        near = distances.topk(self.nearest, largest=False).indices[which]
        u = torch.special.ndtr(noise.to(self.states))
        k = (u * self.nearest).long().clamp_max(self.nearest - 1)
        return self.actions[near.gather(1, k)]

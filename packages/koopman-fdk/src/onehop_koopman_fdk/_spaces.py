"""What a student with a network of its own keeps of its teacher: the spaces.

Another network acts in the same spaces, so of the teacher the student needs `encode`,
`normalise` and `denormalise` alone, and the tensors behind them.
"""

from __future__ import annotations

from typing import Self, cast

import torch
from torch import Tensor, nn

from onehop_interfaces import Obs, Schedule, Teacher
from onehop_interfaces.spaces import cond_dim, spaces_of

__all__ = ["Spaces", "prior_std"]


def prior_std(schedule: Schedule) -> float:
    """Spread of x_t at the noisiest time, for chunks of unit variance."""
    levels = schedule(torch.tensor([schedule.domain.t_max], dtype=torch.float64))
    return float(torch.stack(levels).norm())


class Spaces(nn.Module):
    """A frozen copy of a teacher's encoder and normalisation, without its network.

    Args:
        teacher: Any teacher; it is copied.
    """

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        spaces = spaces_of(teacher)
        self.teacher = cast(nn.Module, spaces)
        self.signature = teacher.signature
        self.cond_dim = cond_dim(spaces)

    @property
    def chunk(self) -> tuple[int, int]:
        """(H, A)."""
        return self.signature.horizon, self.signature.action_dim

    def encode(self, obs: Obs) -> Tensor:
        """The teacher's conditions (B, C)."""
        return self._teacher.encode(obs)

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """Actions to chunks x, both (B, H, A)."""
        return self._teacher.normalise(actions, obs)

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """Chunks x to actions, both (B, H, A)."""
        return self._teacher.denormalise(x, obs)

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode: what is frozen must not drift or drop out."""
        return super().train(False)

    @property
    def _teacher(self) -> Teacher:
        return cast(Teacher, self.teacher)

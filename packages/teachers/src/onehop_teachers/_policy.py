"""A teacher and a sampler make a policy.

cond = encode(obs),  x_t = prior_std z_0,  actions = denormalise(sampler(x_T; z_1, ...))
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from onehop_interfaces import (
    Denoiser,
    Domain,
    Obs,
    Schedule,
    Signature,
    Teacher,
)
from onehop_interfaces.drawing import spread

from ._samplers import Grid, Sampler

__all__ = ["SampledPolicy", "count_calls"]


@final
class _Counting(Sequence[Tensor]):
    """A denoiser that leaves x_t as it is, and noise that is none: both count."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.calls = 0
        self.draws = 0

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        self.calls += 1
        return x_t

    def __len__(self) -> int:
        return self.draws

    def __getitem__(self, i: int) -> Tensor:  # type: ignore[override]
        self.draws = max(self.draws, i + 1)
        return torch.zeros(1, 1, 1)


def count_calls(
    schedule: Schedule, sampler: Sampler, steps: int, grid: Grid = Domain.grid
) -> tuple[int, int]:
    """How often a sampler calls the denoiser (NFE) and draws, found by letting it."""
    counting = _Counting(schedule)
    denoiser: Denoiser = counting
    sampler(denoiser, torch.zeros(1, 1, 1), torch.zeros(1, 0), steps, counting, grid)
    return counting.calls, counting.draws


@final
class SampledPolicy:
    """Decide by sampling a chunk from the teacher.

    Args:
        teacher: What to sample from.
        sampler: How, such as `ddim`.
        steps: In how many steps.
        grid: At which times; `Domain.leading_grid` for those of Diffusion Policy.

    Raises:
        BadInput: if the teacher's schedule has fewer times than `steps`.
    """

    def __init__(
        self,
        teacher: Teacher,
        sampler: Sampler,
        steps: int,
        grid: Grid = Domain.grid,
    ) -> None:
        self.teacher = teacher
        self.sampler = sampler
        self.steps = steps
        self.grid = grid
        schedule = teacher.schedule
        self.nfe, draws = count_calls(schedule, sampler, steps, grid)
        self.noise = (1 + draws, *teacher.signature.chunk)
        self._std = spread(schedule, grid(schedule.domain, steps)[0])

    @property
    def signature(self) -> Signature:
        """The teacher's."""
        return self.teacher.signature

    def act(self, obs: Obs, noise: Tensor) -> Tensor:
        """See `onehop_interfaces.Policy`."""
        cond = self.teacher.encode(obs)
        z, *more = noise.to(cond).unbind(1)
        x_t = self._std * z
        x = self.sampler(self.teacher, x_t, cond, self.steps, more, self.grid)
        return self.teacher.denormalise(x, obs)

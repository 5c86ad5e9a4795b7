"""A teacher and a sampler make a policy.

cond = encode(obs),  x_t ~ N(0, prior_std^2),  actions = denormalise(sampler(x_T))
"""

from typing import final

import torch
from torch import Tensor

from onehop_interfaces import (
    Chance,
    Denoiser,
    Domain,
    Obs,
    Schedule,
    Signature,
    Teacher,
)
from onehop_interfaces.drawing import standard_normal

from ._samplers import Grid, Sampler, prior_std

__all__ = ["SampledPolicy", "count_calls"]


@final
class _Counting:
    """A denoiser that leaves x_t as it is, and counts."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.calls = 0

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        self.calls += 1
        return x_t


def count_calls(
    schedule: Schedule, sampler: Sampler, steps: int, grid: Grid = Domain.grid
) -> int:
    """How often the sampler calls the denoiser (NFE), found by letting it."""
    counting: Denoiser = _Counting(schedule)
    sampler(counting, torch.zeros(1, 1, 1), torch.zeros(1, 0), steps, grid=grid)
    return counting.calls  # type: ignore[attr-defined, no-any-return]


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
        self.nfe = count_calls(schedule, sampler, steps, grid)
        self._std = prior_std(schedule, grid(schedule.domain, steps)[0])

    @property
    def signature(self) -> Signature:
        """The teacher's."""
        return self.teacher.signature

    @torch.inference_mode()
    def __call__(self, obs: Obs, generator: Chance = None) -> Tensor:
        """Actions (B, H, A) in the environment's units.

        Raises:
            BadInput: if `obs` does not fit the signature.
        """
        self.signature.check(obs)
        cond = self.teacher.encode(obs)
        shape = (len(cond), self.signature.horizon, self.signature.action_dim)
        x_t = self._std * standard_normal(cond.new_empty(shape), generator)
        x = self.sampler(self.teacher, x_t, cond, self.steps, generator, self.grid)
        return self.teacher.denormalise(x, obs)

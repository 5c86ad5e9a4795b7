"""Teaching the teacher: denoise demonstrations at all noise levels.

    minimise E || F(c_in x_t, c_time, cond) - F* ||^2,   x_t = alpha_t x + sigma_t eps

over the network and the encoder, with AdamW, a learning rate that rises linearly over
`warmup` updates and then falls to zero along a cosine, and a running average of the
weights, which is what acts. After n updates the average forgets with

    decay_n = min(ema_decay, (1 + n) / (10 + n)),

so that a short run is not an average with its random start.

References:
    | Denoising Diffusion Probabilistic Models (Ho et al., 2020), Algorithm 1
    | https://arxiv.org/abs/2006.11239
    | Decoupled Weight Decay Regularization (Loshchilov & Hutter, 2019)
    | https://arxiv.org/abs/1711.05101
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), table 1, for `log_normal_times`
    | https://arxiv.org/abs/2206.00364
"""

from dataclasses import dataclass
from functools import partial
from typing import Protocol, final

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Schedule
from onehop_interfaces.averages import rising
from onehop_interfaces.drawing import uniform
from onehop_interfaces.learning import Run, Training, half_cosine, warmed
from onehop_interfaces.options import Count, Decay, NonNegative, Positive, Size

from ._policy import SampledPolicy
from ._samplers import ddim
from ._schedule import EDM
from ._statistics import check_statistics
from ._teacher import DiffusionTeacher

__all__ = [
    "DrawTimes",
    "TeacherRecipe",
    "TeacherTraining",
    "log_normal_times",
    "uniform_times",
]


class DrawTimes(Protocol):
    """Draw the times to train at."""

    def __call__(
        self, schedule: Schedule, batch: int, generator: torch.Generator
    ) -> Tensor:
        """Times t (B,) of the schedule's domain, on the generator's device."""
        ...


def uniform_times(schedule: Schedule, batch: int, generator: torch.Generator) -> Tensor:
    """Every time of the domain as often as any other."""
    domain = schedule.domain
    u = uniform(batch, generator)
    if domain.steps is None:
        return domain.at(u)
    return domain.t_min + (u * domain.steps).floor().clamp(max=domain.steps - 1)


def log_normal_times(mean: float = -1.2, std: float = 1.2) -> DrawTimes:
    """Karras' noise levels for an `EDM` schedule: log sigma ~ N(mean, std^2)."""

    def draw(schedule: Schedule, batch: int, generator: torch.Generator) -> Tensor:
        if not isinstance(schedule, EDM):
            raise BadInput(f"log_normal_times: expected EDM, got {schedule}")
        z = torch.randn(batch, generator=generator, device=generator.device)
        return schedule.time_of((mean + std * z).exp())

    return draw


@dataclass(frozen=True)
class TeacherRecipe:
    """How a teacher is taught."""

    lr: Positive = 1e-3
    """Highest learning rate of AdamW."""
    warmup: Count = 500
    """Updates until it is reached."""
    weight_decay: NonNegative = 1e-6
    """AdamW's."""
    ema_decay: Decay = 0.9995
    """Decay of the averaged weights per update."""
    draw_times: DrawTimes = uniform_times
    """Which times to train at."""
    first_action: NonNegative = 1.0
    """Weight of the error of the action that is for now."""
    draws: Size = 1
    """Noises and times that a window is learned at, per update: an encoder that costs
    more than the network, as one of pictures does, sees it once for all."""
    sampling_steps: Size = 10
    """Steps of DDIM in which the policy handed out samples."""


@final
class TeacherTraining(Training[DiffusionTeacher]):
    """The distiller that makes teachers; see `onehop_interfaces.Distiller`.

    Args:
        teacher: What is trained, its statistics fitted; encoder and all.
        settings: How.
        run: The run it is part of.

    Raises:
        BadInput: if statistics of the teacher are missing.
    """

    def __init__(
        self, teacher: DiffusionTeacher, settings: TeacherRecipe, run: Run
    ) -> None:
        check_statistics(teacher, ["teacher"])
        super().__init__(teacher, teacher, run, True, rising(settings.ema_decay))
        self.settings = settings
        signature = teacher.signature
        # Of squared errors, (H, S + A).
        self._weight = torch.ones(signature.chunk, device=run.generator.device)
        self._weight[signature.now, signature.state_dim :] = settings.first_action
        adamw = partial(
            torch.optim.AdamW,
            lr=settings.lr,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        curve = warmed(settings.warmup, half_cosine)
        self.optimizer = self.optimise("optimizer", teacher.parameters(), adamw, curve)
        steps = teacher.schedule.domain.at_most(settings.sampling_steps)
        self.sampled = SampledPolicy(self.averaged.eval(), ddim, steps)

    @property
    def averaged(self) -> DiffusionTeacher:
        """The teacher with averaged weights: the one to keep."""
        return super().policy

    @property
    def policy(self) -> SampledPolicy:  # type: ignore[override]
        """Samples from it."""
        return self.sampled

    def update(self, batch: Batch) -> dict[str, float]:
        """One optimiser step on a batch of windows; gives loss and learning rate."""
        teacher, lr = self.student, self.optimizer.param_groups[0]["lr"]
        cond, x = (
            each.repeat_interleave(self.settings.draws, 0)
            for each in (
                teacher.encode(batch.obs),
                teacher.normalise(batch.actions, batch.obs),
            )
        )
        t = self.settings.draw_times(teacher.schedule, len(x), self.generator).to(x)
        loss = teacher.loss(x, self.normal(x), t, cond, self._weight).mean()
        self.descend(loss)
        return self.end_update(loss=loss, lr=lr)

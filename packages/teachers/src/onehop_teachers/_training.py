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

from collections.abc import Mapping
from typing import Any, Protocol, cast, final

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Minimise, Schedule, minimise
from onehop_interfaces.learning import averaged, half_cosine, rising

from ._augment import Augment
from ._policy import SampledPolicy
from ._samplers import Sampler, ddim
from ._schedule import EDM
from ._statistics import check_statistics
from ._teacher import DiffusionTeacher

__all__ = ["DrawTimes", "TeacherTraining", "log_normal_times", "uniform_times"]


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
    u = torch.rand(batch, generator=generator, device=generator.device)
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


@final
class TeacherTraining:
    """The distiller that makes teachers; see `onehop_interfaces.Distiller`.

    Args:
        teacher: What is trained, its statistics fitted; encoder and all.
        steps: Updates the learning rate is laid out for.
        generator: Source of times and noise, on the teacher's device.
        lr: Highest learning rate of AdamW.
        warmup: Updates until it is reached.
        weight_decay: AdamW's.
        ema_decay: Decay of the averaged weights per update.
        draw_times: Which times to train at.
        augment: How batches are to be seen; as they are by default.
        sampler: How the policy handed out samples,
        sampling_steps: and in how many steps.
        minimise: How a loss becomes an optimiser step.

    Raises:
        BadInput: if statistics of the teacher are missing.
    """

    def __init__(
        self,
        teacher: DiffusionTeacher,
        steps: int,
        *,
        generator: torch.Generator,
        lr: float = 1e-3,
        warmup: int = 500,
        weight_decay: float = 1e-6,
        ema_decay: float = 0.9995,
        draw_times: DrawTimes = uniform_times,
        augment: Augment = lambda batch, generator: batch,
        sampler: Sampler = ddim,
        sampling_steps: int = 10,
        minimise: Minimise = minimise,
    ) -> None:
        check_statistics(teacher, ["teacher"])
        self.teacher = teacher
        self.steps = steps
        self.generator = generator
        self.lr = lr
        self.warmup = min(warmup, steps)
        self.draw_times = draw_times
        self.augment = augment
        self.minimise = minimise
        self.updates = 0
        self.optimizer = torch.optim.AdamW(
            teacher.parameters(), lr, weight_decay=weight_decay, fused=True
        )
        self.average = averaged(teacher, rising(ema_decay))
        self.policy = SampledPolicy(self.averaged.eval(), sampler, sampling_steps)

    @property
    def averaged(self) -> DiffusionTeacher:
        """The teacher with averaged weights: the one to keep."""
        return cast("DiffusionTeacher", self.average.module)

    def update(self, batch: Batch) -> dict[str, float]:
        """One optimiser step on a batch of windows; gives loss and learning rate."""
        lr = self.lr * _annealed(self.updates, self.warmup, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        batch = self.augment(batch, self.generator)
        cond = self.teacher.encode(batch.obs)
        x = self.teacher.normalise(batch.actions, batch.obs)
        t = self.draw_times(self.teacher.schedule, len(x), self.generator).to(x)
        eps = torch.empty_like(x).normal_(generator=self.generator)
        loss = self.teacher.loss(x, eps, t, cond).mean()
        self.minimise(loss, self.optimizer)
        self.average.update_parameters(self.teacher)
        self.updates += 1
        return {"loss": loss.item(), "lr": lr}

    def state_dict(self) -> dict[str, Any]:
        """Weights, averaged weights, optimiser, generator and the updates done."""
        return {
            "teacher": self.teacher.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.teacher.load_state_dict(state["teacher"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.updates = int(state["updates"])


def _annealed(update: int, warmup: int, steps: int) -> float:
    """Share of the highest learning rate that update 0, 1, ... gets, above 0."""
    if update < warmup:
        return (update + 1) / warmup
    progress = min((update - warmup) / max(steps - warmup, 1), 1.0)
    return half_cosine(progress)

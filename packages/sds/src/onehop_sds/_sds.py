"""Algorithm 1 of SwiftPolicy: distil a teacher by score distillation sampling.

Each update draws z, lets the student make x in one call, draws t and eps, and takes one
step of Adam down `sds_loss`. Adam's first moment is off (betas (0, .999), OneDP's
setting): the gradient's sign changes with t from batch to batch. Its learning rate
falls to zero along half a cosine, and the policy handed out carries averaged weights.

References:
    | SwiftPolicy, Algorithm 1
    | One-Step Diffusion Policy (Wang et al., 2024), appendix: t in [2, 95] of 100
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from onehop_interfaces import Batch, Minimise, Teacher, minimise

from ._loss import Weight, sds_loss, sigma_squared
from ._student import Student

__all__ = ["SDS"]


class SDS:
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained.
        generator: Source of z, t and eps, on the student's device.
        steps: Updates over which the learning rate falls to zero.
        lr: Adam's learning rate in the first of them.
        w: The weight w(t).
        t_range: The part of the schedule's domain t is drawn from, uniformly.
        ema_decay: Decay of the averaged weights per update.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        teacher: Teacher,
        student: Student,
        *,
        generator: torch.Generator,
        steps: int,
        lr: float = 2e-4,
        w: Weight = sigma_squared,
        t_range: tuple[float, float] = (0.02, 0.95),
        ema_decay: float = 0.999,
        minimise: Minimise = minimise,
    ) -> None:
        self.teacher = teacher
        self.student = student
        self.generator = generator
        self.w = w
        self.t_range = t_range
        self.minimise = minimise
        self.optimizer = torch.optim.Adam(student.parameters(), lr, betas=(0.0, 0.999))
        self.schedule = LambdaLR(
            self.optimizer, lambda n: 0.5 * (1 + math.cos(math.pi * min(n / steps, 1)))
        )
        average = get_ema_multi_avg_fn(ema_decay)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(student, multi_avg_fn=average)

    @property
    def policy(self) -> Student:
        """The student with averaged weights."""
        return cast(Student, self.average.module)

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations; its actions are not looked at."""
        cond = self.student.net.encode(batch.obs)
        x = self.student.generate(self.student.z(cond, self.generator), cond)
        low, high = self.t_range
        u = torch.rand(len(x), generator=self.generator, device=x.device)
        t = self.teacher.schedule.domain.at(low + (high - low) * u)
        eps = torch.empty_like(x).normal_(generator=self.generator)
        with torch.no_grad():
            teacher_cond = self.teacher.encode(batch.obs)
        loss = sds_loss(x, eps, t, teacher_cond, self.teacher, self.w).mean()
        self.minimise(loss, self.optimizer)
        self.schedule.step()
        self.average.update_parameters(self.student)
        return {"loss": loss.item()}

    def state_dict(self) -> dict[str, Any]:
        """Student, average, optimiser, learning rate and generator."""
        return {
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])

"""MeanFlow distillation: the map to the end without a path, by its own derivative.

Each update noises demonstrations to x_t, asks the teacher once for the ODE's slope
there, and moves the student's end towards `mean_velocity_target`. The end stands still
along a path; which end it is comes from the cleanest time alone, where it is the
teacher's denoised chunk. Points at that time are therefore a fixed share of the batch
(the share of r = t in MeanFlow, whose second time is 0 here).

The paper trains on data; here the slope is the frozen teacher's. Its adaptive weight,
1 / error^p, is left out: what the cleanest time knows has to travel through all others,
and weights that make their large errors count less kept it from arriving (p = .5 and
p = 1 ended worse than p = 0 on all exact teachers they were tried on).

References:
    | Mean Flows for One-step Generative Modeling (Geng et al., 2025), Algorithm 1
    | https://arxiv.org/abs/2505.13447
"""

from __future__ import annotations

import torch
from torch import Tensor

from onehop_interfaces import (
    BadInput,
    Batch,
    Minimise,
    Teacher,
    expand,
    minimise,
    noisy,
)
from onehop_interfaces.learning import StudentTraining, half_cosine

from ._coordinates import flow_level, times_at
from ._loss import Weight, as_ends, mean_velocity_target, slope_loss
from ._student import Student

__all__ = ["MeanFlow"]


class MeanFlow(StudentTraining[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained.
        steps: Updates planned, for the learning rate.
        generator: Source of s and eps, on the student's device.
        lr: AdamW's highest learning rate.
        w: w(s).
        start_share: Share of points at the noisiest time.
        first_share: Share of points at the cleanest time.
        minimise: How a loss becomes an optimiser step.

    Raises:
        BadInput: if the shares are none.
    """

    def __init__(
        self,
        teacher: Teacher,
        student: Student,
        *,
        steps: int,
        generator: torch.Generator,
        lr: float = 1e-4,
        w: Weight = as_ends,
        start_share: float = 0.25,
        first_share: float = 0.25,
        minimise: Minimise = minimise,
    ) -> None:
        if start_share < 0 or first_share < 0 or start_share + first_share > 1:
            came = f"{start_share:g} and {first_share:g}"
            raise BadInput(f"start_share, first_share: expected shares, got {came}")
        super().__init__(
            student,
            torch.optim.AdamW(student.parameters(), lr, weight_decay=1e-6),
            generator=generator,
            minimise=minimise,
            steps=steps,
            course=half_cosine,
        )
        self.teacher = teacher
        self.w = w
        self.start_share = start_share
        self.first_share = first_share

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations and actions."""
        eps = torch.empty_like(batch.actions).normal_(generator=self.generator)
        loss = self.loss(batch, eps, self._times(eps)).mean()
        self.descend(loss)
        self.end_update()
        return {"loss": loss.item(), "teacher_calls": float(self.updates)}

    def loss(self, batch: Batch, eps: Tensor, t: Tensor) -> Tensor:
        """The weighted squared error of ends, one value per example, (B,).

        Args:
            batch: Demonstrations.
            eps: Noise (B, H, A).
            t: Times (B,) of the teacher's domain.
        """
        student, schedule = self.student, self.teacher.schedule
        levels = schedule(t)
        with torch.no_grad():
            x = self.teacher.normalise(batch.actions, batch.obs)
            x_t = noisy(x, eps, *levels)
            x_inst = self.teacher(x_t, t, self.teacher.encode(batch.obs))
        cond = student.net.encode(batch.obs)
        target = mean_velocity_target(student, x_t, t, cond.detach(), x_inst)
        first = expand(t == schedule.domain.t_min, x)
        target = torch.where(first, x_inst, target)
        end = student.end(x_t, t, cond)
        return slope_loss(end, target, flow_level(*levels), self.w)

    def _times(self, like: Tensor) -> Tensor:
        """Times (B,), a share of them the first and a share the last."""
        schedule = self.teacher.schedule
        u, v = torch.rand(
            (2, len(like)),
            generator=self.generator,
            device=like.device,
            dtype=like.dtype,
        )
        t = times_at(schedule, u)
        t = torch.where(v < self.first_share, schedule.domain.t_min, t)
        return torch.where(v > 1 - self.start_share, schedule.domain.t_max, t)

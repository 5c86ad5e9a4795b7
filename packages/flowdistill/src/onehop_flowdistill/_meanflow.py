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

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Teacher, expand, noisy
from onehop_interfaces.drawing import uniform
from onehop_interfaces.learning import Run, Training, half_cosine

from ._coordinates import flow_level, times_at
from ._loss import mean_velocity_target, slope_loss
from ._student import Student

if TYPE_CHECKING:
    from ._recipe import MeanFlowRecipe

__all__ = ["MeanFlow"]


class MeanFlow(Training[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        settings: What can be set.
        run: The run it is part of.
        student: What is trained, if not a copy of the teacher as the settings have it.

    Raises:
        BadInput: if the shares are none.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: MeanFlowRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        start, first = settings.start_share, settings.first_share
        if start < 0 or first < 0 or start + first > 1:
            came = f"{start:g} and {first:g}"
            raise BadInput(f"start_share, first_share: expected shares, got {came}")
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, student, run, settings.train_encoder)
        self.settings = settings
        adamw = partial(torch.optim.AdamW, lr=settings.lr, weight_decay=1e-6)
        self.optimizer = self.optimise(
            "optimizer", student.parameters(), adamw, half_cosine
        )

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations and actions."""
        eps = self.normal(batch.actions)
        loss = self.loss(batch, eps, self._times(eps)).mean()
        self.descend(loss)
        return self.end_update(loss=loss, teacher_calls=float(self.updates + 1))

    def loss(self, batch: Batch, eps: Tensor, t: Tensor) -> Tensor:
        """The weighted squared error of ends, one value per example, (B,).

        Args:
            batch: Demonstrations.
            eps: Noise (B, H, A).
            t: Times (B,) of the teacher's domain.
        """
        student, schedule = self.student, self.teacher.schedule
        levels, (cond, teacher_cond) = schedule(t), self.conds(batch.obs)
        with torch.no_grad():
            x = self.teacher.normalise(batch.actions, batch.obs)
            x_t = noisy(x, eps, *levels)
            x_inst = self.teacher(x_t, t, teacher_cond)
        target = mean_velocity_target(student, x_t, t, cond.detach(), x_inst)
        first = expand(t == schedule.domain.t_min, x)
        target = torch.where(first, x_inst, target)
        end = student.end(x_t, t, cond)
        return slope_loss(end, target, flow_level(*levels), self.settings.weight)

    def _times(self, like: Tensor) -> Tensor:
        """Times (B,), a share of them the first and a share the last."""
        schedule, how = self.teacher.schedule, self.settings
        u, v = (uniform(len(like), self.generator).to(like) for _ in range(2))
        t = times_at(schedule, u)
        t = torch.where(v < how.first_share, schedule.domain.t_min, t)
        return torch.where(v > 1 - how.start_share, schedule.domain.t_max, t)

"""Consistency trajectory distillation, as Consistency Policy does it.

Each update draws rungs t > s of the ladder, u the next below t, and takes one step down

    ctm_loss + dsm_weight dsm_loss

with fresh noise and times for the second term, from the noisier 70 % of the domain.
Consistency Policy takes the pseudo-Huber distance and dsm_weight = 1, the trajectory
paper a weight that evens out both terms' gradients. A fixed .001 does about that for
the squared error; with 1, the second term's noise drowns the first.

References:
    | Consistency Policy (Prasad et al., 2024) | https://arxiv.org/abs/2405.07503
    | Consistency Trajectory Models (Kim et al., 2024), algorithm 1
    | https://arxiv.org/abs/2310.02279
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor

from onehop_interfaces import Batch, Teacher
from onehop_interfaces.drawing import uniform
from onehop_interfaces.learning import Run

from ._learner import Learner
from ._loss import ctm_loss, dsm_loss
from ._solver import SOLVERS
from ._student import Student

if TYPE_CHECKING:
    from ._recipe import CTMRecipe

__all__ = ["CTM"]


class CTM(Learner):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        settings: What can be set.
        run: The run it is part of.
        student: What is trained, if not a copy of the teacher as the settings have it;
            it needs a `StopTime`.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: CTMRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        if student is None:
            student = settings.student(teacher, run.generator, settings.stop_width)
        super().__init__(teacher, settings, run, student)
        self.settings = settings
        self.solver = SOLVERS[settings.solver]
        self.times = self.ladder(settings.rungs)

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations and actions."""
        x = self.teacher.normalise(batch.actions, batch.obs)
        conds = self.three_conds(batch.obs)
        trajectory = self._trajectory(x, *conds).mean()
        denoising = self._denoising(x, conds[0]).mean()
        loss = trajectory + self.settings.dsm_weight * denoising
        self.learn(loss)
        return self.end_update(loss=loss, trajectory=trajectory, denoising=denoising)

    def _trajectory(
        self, x: Tensor, cond: Tensor, target_cond: Tensor, teacher_cond: Tensor
    ) -> Tensor:
        """`ctm_loss` at random rungs, (B,)."""
        n, draw = len(x), self.generator
        i = 1 + (uniform(n, draw) * (len(self.times) - 1)).long()
        j = (uniform(n, draw) * i).long()
        return ctm_loss(
            partial(self.student.jump, cond=cond),
            partial(self.target.jump, cond=target_cond),
            lambda x_t, t, u: self.solver(self.teacher, x_t, t, u, teacher_cond),
            self.teacher.schedule,
            x,
            self.normal(x),
            self.times[i],
            self.times[i - 1],
            self.times[j],
            self.distance,
        )

    def _denoising(self, x: Tensor, cond: Tensor) -> Tensor:
        """`dsm_loss` at random times, (B,)."""
        t = self.student.domain.at(uniform(len(x), self.generator, 0.3, 1.0))
        chunk, std = partial(self.student.chunk, cond=cond), self.settings.sigma_data
        return dsm_loss(chunk, self.teacher.schedule, x, self.normal(x), t, std)

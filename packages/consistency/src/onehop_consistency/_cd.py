"""Consistency distillation: agree along the teacher's ODE.

Each update noises the demonstrations' chunks to a rung t of the ladder, lets the
teacher step to the next rung s and takes one step down `cd_loss`. Latent-consistency
distillation as ManiCM uses it is the same with other constants (`LCMRecipe`).

References:
    | Consistency Models (Song et al., 2023), algorithm 2
    | https://arxiv.org/abs/2303.01469
    | Latent Consistency Models (Luo et al., 2023) | https://arxiv.org/abs/2310.04378
    | ManiCM (Lu et al., 2024) | https://arxiv.org/abs/2406.01586
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from onehop_interfaces import Batch, Teacher
from onehop_interfaces.learning import Run

from ._learner import Learner
from ._loss import cd_loss
from ._solver import SOLVERS
from ._student import Student

if TYPE_CHECKING:
    from ._recipe import CDRecipe

__all__ = ["CD"]


class CD(Learner):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        settings: What can be set.
        run: The run it is part of.
        student: What is trained, if not a copy of the teacher as the settings have it.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: CDRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, settings, run, student)
        self.solver = SOLVERS[settings.solver]
        self.times = self.ladder(settings.rungs)

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations and actions."""
        cond, target_cond, teacher_cond = self.three_conds(batch.obs)
        x = self.teacher.normalise(batch.actions, batch.obs)
        device = self.generator.device
        i = torch.randint(
            1, len(self.times), (len(x),), generator=self.generator, device=device
        )
        loss = cd_loss(
            partial(self.student.consistency, cond=cond),
            partial(self.target.consistency, cond=target_cond),
            lambda x_t, t, s: self.solver(self.teacher, x_t, t, s, teacher_cond),
            self.teacher.schedule,
            x,
            self.normal(x),
            self.times[i],
            self.times[i - 1],
            self.distance,
        ).mean()
        self.learn(loss)
        return self.end_update(loss=loss)

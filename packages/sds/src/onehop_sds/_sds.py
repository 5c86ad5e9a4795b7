"""Algorithm 1 of SwiftPolicy: distil a teacher by score distillation sampling.

Each update draws z, lets the student make x in one call, draws t and eps, and takes one
step of Adam down `sds_loss`. Adam's first moment is off (betas (0, .999), OneDP's
setting): the gradient's sign changes with t from batch to batch. Its learning rate
falls to zero along half a cosine, and the policy handed out carries averaged weights.

The student is the teacher's own network, called once; `raw_as_x` is SwiftPolicy's
reading of the call, `x_at_t` OneDP's.

References:
    | SwiftPolicy, Algorithm 1
    | One-Step Diffusion Policy (Wang et al., 2024), appendix: t in [2, 95] of 100
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from onehop_interfaces import Batch, Teacher
from onehop_interfaces.acting import OneCall
from onehop_interfaces.learning import Run, Training, half_cosine

from ._loss import sds_loss

if TYPE_CHECKING:
    from ._recipe import SDSRecipe

__all__ = ["SDS"]


class SDS(Training[OneCall]):
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
        settings: SDSRecipe,
        run: Run,
        student: OneCall | None = None,
    ) -> None:
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, student, run, settings.train_encoder)
        self.settings = settings
        adam = partial(torch.optim.Adam, lr=settings.lr, betas=(0.0, 0.999))
        self.optimizer = self.optimise(
            "optimizer", student.parameters(), adam, half_cosine
        )

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations; its actions are not looked at."""
        cond, teacher_cond = self.conds(batch.obs)
        x = self.student.generate(self.noise(cond), cond)
        t = self.draw_times(self.settings.t_range, len(x))
        eps, w = self.normal(x), self.settings.weight
        loss = sds_loss(x, eps, t, teacher_cond, self.teacher, w).mean()
        self.descend(loss)
        return self.end_update(loss=loss)

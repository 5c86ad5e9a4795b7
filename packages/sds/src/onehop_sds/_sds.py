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

import torch

from onehop_interfaces import Batch, Minimise, Teacher, minimise
from onehop_interfaces.learning import StudentTraining, half_cosine

from ._loss import Weight, sds_loss, sigma_squared
from ._student import Student

__all__ = ["SDS"]


class SDS(StudentTraining[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained.
        generator: Source of z, t and eps, on the student's device.
        steps: Updates over which the learning rate falls to zero.
        lr: Adam's learning rate in the first of them.
        w: The weight w(t).
        t_range: The part of the schedule's domain t is drawn from, uniformly.
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
        minimise: Minimise = minimise,
    ) -> None:
        super().__init__(
            student,
            torch.optim.Adam(student.parameters(), lr, betas=(0.0, 0.999)),
            generator=generator,
            minimise=minimise,
            steps=steps,
            course=half_cosine,
        )
        self.teacher = teacher
        self.w = w
        self.t_range = t_range

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
        self.descend(loss)
        self.end_update()
        return {"loss": loss.item()}

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

import torch

from onehop_interfaces import Batch, Minimise, Teacher, minimise

from ._distance import Distance, squared_error
from ._learner import Learner
from ._loss import cd_loss
from ._solver import Solver, heun
from ._student import Student

__all__ = ["CD"]


class CD(Learner):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained.
        generator: Source of t and eps, on the student's device.
        rungs: Steps in the ladder.
        solver: How the teacher takes one of them.
        distance: d.
        target_decay: Decay of the target network per update.
        lr: Adam's learning rate.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        teacher: Teacher,
        student: Student,
        *,
        generator: torch.Generator,
        rungs: int = 18,
        solver: Solver = heun,
        distance: Distance = squared_error,
        target_decay: float = 0.95,
        lr: float = 1e-4,
        minimise: Minimise = minimise,
    ) -> None:
        super().__init__(
            teacher,
            student,
            generator=generator,
            distance=distance,
            target_decay=target_decay,
            lr=lr,
            minimise=minimise,
        )
        self.solver = solver
        self.times = self.ladder(rungs)

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations and actions."""
        student, target = self.student, self.target
        x = self.teacher.normalise(batch.actions, batch.obs)
        i = torch.randint(
            1,
            len(self.times),
            (len(x),),
            generator=self.generator,
            device=self.generator.device,
        )
        eps = torch.empty_like(x).normal_(generator=self.generator)
        with torch.no_grad():
            cond = self.teacher.encode(batch.obs)
            target_cond = target.net.encode(batch.obs)
        loss = cd_loss(
            partial(student.consistency, cond=student.net.encode(batch.obs)),
            partial(target.consistency, cond=target_cond),
            lambda x_t, t, s: self.solver(self.teacher, x_t, t, s, cond),
            self.teacher.schedule,
            x,
            eps,
            self.times[i],
            self.times[i - 1],
            self.distance,
        ).mean()
        self.learn(loss)
        return {"loss": loss.item()}

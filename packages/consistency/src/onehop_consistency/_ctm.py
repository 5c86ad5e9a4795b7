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

import torch
from torch import Tensor

from onehop_interfaces import Batch, Minimise, Obs, Teacher, minimise

from ._distance import Distance, squared_error
from ._learner import Learner
from ._loss import ctm_loss, dsm_loss
from ._solver import Solver, heun
from ._student import Student

__all__ = ["CTM"]


class CTM(Learner):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained; it needs a `StopTime`.
        generator: Source of t, s and eps, on the student's device.
        rungs: Steps in the ladder.
        solver: How the teacher takes one of them.
        distance: d.
        dsm_weight: Weight of the denoising term.
        sigma_data: Spread of the data, for that term.
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
        rungs: int = 80,
        solver: Solver = heun,
        distance: Distance = squared_error,
        dsm_weight: float = 0.001,
        sigma_data: float = 0.5,
        target_decay: float = 0.0,
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
        self.dsm_weight = dsm_weight
        self.sigma_data = sigma_data
        self.times = self.ladder(rungs)

    def _uniform(self, batch: int) -> Tensor:
        device = self.generator.device
        return torch.rand(batch, generator=self.generator, device=device)

    def _trajectory(self, x: Tensor, cond: Tensor, obs: Obs) -> Tensor:
        """`ctm_loss` at random rungs, (B,)."""
        student, target = self.student, self.target
        i = 1 + (self._uniform(len(x)) * (len(self.times) - 1)).long()
        j = (self._uniform(len(x)) * i).long()
        eps = torch.empty_like(x).normal_(generator=self.generator)
        with torch.no_grad():
            teacher_cond = self.teacher.encode(obs)
            target_cond = target.net.encode(obs)
        return ctm_loss(
            partial(student.jump, cond=cond),
            partial(target.jump, cond=target_cond),
            lambda x_t, t, u: self.solver(self.teacher, x_t, t, u, teacher_cond),
            self.teacher.schedule,
            x,
            eps,
            self.times[i],
            self.times[i - 1],
            self.times[j],
            self.distance,
        )

    def _denoising(self, x: Tensor, cond: Tensor) -> Tensor:
        """`dsm_loss` at random times, (B,)."""
        student = self.student
        t = student.domain.at(0.3 + 0.7 * self._uniform(len(x)))
        eps = torch.empty_like(x).normal_(generator=self.generator)
        chunk = partial(student.chunk, cond=cond)
        return dsm_loss(chunk, self.teacher.schedule, x, eps, t, self.sigma_data)

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations and actions."""
        x = self.teacher.normalise(batch.actions, batch.obs)
        cond = self.student.net.encode(batch.obs)
        trajectory = self._trajectory(x, cond, batch.obs).mean()
        denoising = self._denoising(x, cond).mean()
        loss = trajectory + self.dsm_weight * denoising
        self.learn(loss)
        terms = {"trajectory": trajectory, "denoising": denoising}
        return {"loss": loss.item()} | {k: v.item() for k, v in terms.items()}

"""SDM at work: a generator and a score net, learning in turns.

    every update:     z -> x = G(z); one step of D down `score_loss` on detached x
    every c-th one:   one step of G down `matching_loss`, with the new D

D has c steps to follow each step of G. The policy handed out carries averaged weights
of G, averaged over G's own steps. Adam's first moment is off (betas (0, .999), OneDP's
setting): two networks that chase one another do not profit from momentum.

References:
    | Score and Distribution Matching Policy (Jia et al., 2024), section III
    | https://arxiv.org/abs/2412.09265
    | One-Step Diffusion Policy (Wang et al., 2024), section 3.2 and appendix
    | https://arxiv.org/abs/2410.21257
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Batch, Denoiser, Minimise, Teacher, minimise
from onehop_interfaces.learning import StudentTraining

from ._loss import matching_loss, score_loss
from ._normaliser import Normaliser, off
from ._student import Student
from ._times import DrawT, Uniform
from ._weight import Weight, one, sigma_squared

__all__ = ["SDM"]

MOST_TIMES = Uniform(0.02, 0.98)


class SDM(StudentTraining[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: P, any teacher. It is only read.
        student: G, what is trained; usually around a copy of the teacher.
        score_net: D, a module that is a denoiser with the teacher's schedule and
            conditions; usually a copy of the teacher. Becomes the distiller's.
        generator: Source of z, t and eps, on the student's device.
        period: c, updates per step of G.
        lr: Adam's learning rate for G.
        score_lr: Adam's learning rate for D.
        betas: Adam's, for both.
        w: The weight w(t) on scores.
        normaliser: What their difference is divided by.
        lam: The weight lambda(t) of D's loss.
        draw_t: The times that both losses look at.
        t_train: The time G is called at in training, if not where the student acts.
        train_encoder: Whether the student's encoder learns too.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        teacher: Teacher,
        student: Student,
        score_net: Denoiser,
        *,
        generator: torch.Generator,
        period: int = 5,
        lr: float = 2e-5,
        score_lr: float = 2e-5,
        betas: tuple[float, float] = (0.0, 0.999),
        w: Weight = sigma_squared,
        normaliser: Normaliser = off,
        lam: Weight = one,
        draw_t: DrawT = MOST_TIMES,
        t_train: float | None = None,
        train_encoder: bool = False,
        minimise: Minimise = minimise,
    ) -> None:
        if period < 1:
            raise BadInput(f"period: expected at least 1, got {period}")
        adam, score_module = torch.optim.Adam, cast(nn.Module, score_net)
        self.score_optimizer = adam(score_module.parameters(), score_lr, betas)
        super().__init__(
            student,
            adam(student.parameters(), lr, betas),
            generator=generator,
            minimise=minimise,
            others={"score_net": score_module, "score_optimizer": self.score_optimizer},
        )
        self.teacher = teacher
        self.score_net = score_net
        self.period = period
        self.w = w
        self.normaliser = normaliser
        self.lam = lam
        self.draw_t = draw_t
        self.in_training = (
            student if t_train is None else Student(student.net, t_init=t_train)
        )
        self.train_encoder = train_encoder
        self.last_matching_loss = 0.0

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations; its actions are not looked at.

        Returns:
            ``loss``, D's, and ``matching_loss``, G's, as of its last step.
        """
        with torch.no_grad():
            teacher_cond = self.teacher.encode(batch.obs)
        turn = (self.updates + 1) % self.period == 0
        with torch.set_grad_enabled(turn):
            x = self._generate(batch)
        loss = score_loss(
            x, *self._noise(x), teacher_cond, self.score_net, self.lam
        ).mean()
        self.minimise(loss, self.score_optimizer)
        if turn:
            self._match(x, teacher_cond)
        self.end_update()
        return {"loss": loss.item(), "matching_loss": self.last_matching_loss}

    def _generate(self, batch: Batch) -> Tensor:
        """The student's chunks (B, H, A) for the batch's observations."""
        student = self.in_training
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.train_encoder):
            cond = student.net.encode(batch.obs)
        return student.generate(student.z(cond, self.generator), cond)

    def _noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """eps (B, H, A) and t (B,)."""
        eps = torch.empty_like(x).normal_(generator=self.generator)
        u = torch.rand(len(x), generator=self.generator, device=x.device)
        return eps, self.draw_t(self.teacher.schedule.domain, u)

    def _match(self, x: Tensor, cond: Tensor) -> None:
        """One step of G."""
        loss = matching_loss(
            x,
            *self._noise(x),
            cond,
            self.teacher,
            self.score_net,
            self.w,
            self.normaliser,
        ).mean()
        self.descend(loss)
        self.last_matching_loss = loss.item()

    def state_dict(self) -> dict[str, Any]:
        """Every part's state, and the loss last told."""
        last = {"last_matching_loss": self.last_matching_loss}
        return {**super().state_dict(), **last}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        super().load_state_dict(state)
        self.last_matching_loss = state["last_matching_loss"]

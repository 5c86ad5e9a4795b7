"""SDM at work: a generator and a score net, learning in turns.

    every update:     z -> x = G(z); one step of D down `score_loss` on detached x
    every c-th one:   one step of G down `matching_loss`, with the new D

D has c steps to follow each step of G. The policy handed out carries averaged weights
of G, averaged over G's own steps. Adam's first moment is off (betas (0, .999), OneDP's
setting): two networks that chase one another do not profit from momentum.

G is the teacher's own network, called once: the denoised chunk at one fixed time,
whatever the network predicts. SDM's code reads the raw output of an x-predicting
network at the noisiest time, which is the same thing; OneDP takes t_init = 65 of 0..99,
where an eps network's error is multiplied by sigma / alpha = 1.7 rather than by 2,000,
and where z still decides which chunk comes out.

References:
    | Score and Distribution Matching Policy (Jia et al., 2024), section III
    | https://arxiv.org/abs/2412.09265
    | One-Step Diffusion Policy (Wang et al., 2024), section 3.2 and appendix
    | https://arxiv.org/abs/2410.21257
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Batch, Denoiser, Teacher
from onehop_interfaces.acting import OneCall
from onehop_interfaces.drawing import copied, uniform
from onehop_interfaces.learning import Run, Training, half_cosine

from ._loss import matching_loss, score_loss

if TYPE_CHECKING:
    from ._recipe import SDMRecipe

__all__ = ["SDM"]


class SDM(Training[OneCall]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: P, any teacher. It is only read.
        settings: What can be set.
        run: The run it is part of.
        student: G, what is trained; if not given a copy of the teacher, or cold.
        score_net: D, a module that is a denoiser with the teacher's schedule and
            conditions; if not given a copy of the teacher, or cold. Becomes the
            distiller's.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: SDMRecipe,
        run: Run,
        student: OneCall | None = None,
        score_net: Denoiser | None = None,
    ) -> None:
        if settings.period < 1:
            raise BadInput(f"period: expected at least 1, got {settings.period}")
        t_init, t_train = settings.called_at(teacher)
        net = copied(teacher, run.generator, settings.cold)
        self.in_training = student or OneCall(net, t_init=t_train)
        acting = student or OneCall(net, t_init=t_init)
        super().__init__(teacher, acting, run, settings.train_encoder)
        self.settings = settings
        score_cold = settings.score_cold
        self.score_net = score_net or copied(teacher, run.generator, score_cold)
        module = self.keep("score_net", cast(nn.Module, self.score_net))
        adam = partial(torch.optim.Adam, betas=settings.betas)
        score_adam = partial(adam, lr=settings.score_lr)
        self.score_optimizer = self.optimise(
            "score_optimizer", module.parameters(), score_adam, half_cosine
        )
        own_adam = partial(adam, lr=settings.lr)
        self.optimizer = self.optimise(
            "optimizer", self.student.parameters(), own_adam, half_cosine
        )
        self.last_matching_loss = 0.0

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch's observations; its actions are not looked at.

        Returns:
            ``loss``, D's, and ``matching_loss``, G's, as of its last step.
        """
        turn = (self.updates + 1) % self.settings.period == 0
        with torch.set_grad_enabled(turn):
            cond, teacher_cond = self.conds(batch.obs)
            x = self.in_training.generate(self.noise(cond), cond)
        drawn, lam = self._noise_and_times(x), self.settings.score_weight
        loss = score_loss(x, *drawn, teacher_cond, self.score_net, lam).mean()
        self.minimise(loss, self.score_optimizer)
        if turn:
            self._match(x, teacher_cond)
        return self.end_update(loss=loss, matching_loss=self.last_matching_loss)

    def _noise_and_times(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """eps (B, H, A) and t (B,)."""
        eps, u = self.normal(x), uniform(len(x), self.generator)
        return eps, self.settings.draw_t(self.teacher.schedule.domain, u)

    def _match(self, x: Tensor, cond: Tensor) -> None:
        """One step of G."""
        drawn, how = self._noise_and_times(x), self.settings
        nets = self.teacher, self.score_net
        loss = matching_loss(x, *drawn, cond, *nets, how.weight, how.divisor).mean()
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

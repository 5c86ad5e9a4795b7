"""VDD: a diffusion teacher distilled into a mixture of Gaussian experts.

An update is one round of EM on a batch: `expert_steps` steps of the experts up the
teacher's score, each an E-step (responsibilities as they stand) and an M-step with
fresh eps and t, then one step of the gate on the batch's actions. The score's time is
drawn uniformly from an interval, for every example, expert and draw by itself: small
times tell modes apart and are steep between them, large ones lead there from afar.

A share `from_data` of the updates, the first ones, fits the experts to the batch's
actions by EM instead. The teacher's score sends an expert to the nearest mode and none
to a mode that has no expert; data tell where all of them are. The paper has no such
start.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024) | https://arxiv.org/abs/2406.12538
    | its code: two expert steps to one of the gate, two draws, Adam falling linearly
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Teacher
from onehop_interfaces.learning import Run, Training, linear

from ._data_loss import gate_loss, likelihood_loss, responsibilities
from ._expert_loss import expert_loss
from ._mixture import Mixture
from ._student import Student

if TYPE_CHECKING:
    from ._recipes import EMRecipe, IMCRecipe, VDDRecipe

__all__ = ["VDD", "MixtureTraining"]


class MixtureTraining(Training[Student]):
    """A distiller of mixtures but for its `update`: one optimiser each for two parts.

    Args:
        teacher: Any teacher. It is only read.
        settings: What can be set.
        run: The run it is part of.
        student: What is trained, if not one as the settings have it.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: VDDRecipe | EMRecipe | IMCRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, student, run, settings.train_encoder)
        experts, adam = student.experts, partial(torch.optim.Adam, lr=settings.lr)
        learning = [*experts.expert_parameters(), *student.kept.parameters()]
        self.optimizer = self.optimise("expert_optimizer", learning, adam, linear)
        if settings.gate_lr is not None:
            adam = partial(torch.optim.Adam, lr=settings.gate_lr)
        self.gate_optimizer = self.optimise(
            "gate_optimizer", experts.gate_parameters(), adam, linear
        )

    def mixture(self, batch: Batch, cond: Tensor) -> Mixture:
        """The student's as it stands, given the teacher's conditions (B, C)."""
        mixture: Mixture = self.student.experts(self.own_cond(batch.obs, cond))
        return mixture


class VDD(MixtureTraining):
    """The distiller; see `MixtureTraining`.

    Raises:
        BadInput: if `from_data` is no share.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: VDDRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        share = settings.from_data
        if not 0 <= share <= 1:
            raise BadInput(f"from_data: expected 0 to 1, got {share:g}")
        super().__init__(teacher, settings, run, student)
        self.settings = settings
        self.data_updates = round(share * run.steps)

    def update(self, batch: Batch) -> dict[str, float]:
        """One round: experts from the teacher, the gate from the batch's actions."""
        with torch.no_grad():
            cond = self.teacher.encode(batch.obs)
            x = self.teacher.normalise(batch.actions, batch.obs)
        for _ in range(self.settings.expert_steps):
            loss = self._expert_loss(self.mixture(batch, cond), x, cond).mean()
            self.minimise(loss, self.optimizer)
        mixture = self.mixture(batch, cond)
        gate = gate_loss(mixture, responsibilities(mixture, x)).mean()
        self.minimise(gate, self.gate_optimizer)
        self.average.update_parameters(self.student)
        return self.end_update(loss=loss, **describe(mixture, x))

    def _expert_loss(self, mixture: Mixture, x: Tensor, cond: Tensor) -> Tensor:
        """From the batch's actions for the first updates, then the teacher, (B,)."""
        if self.updates < self.data_updates:
            return likelihood_loss(mixture, x, responsibilities(mixture, x))
        eps, t = self._draw(mixture)
        return expert_loss(mixture, eps, t, cond, self.teacher, self.settings.bound)

    def _draw(self, mixture: Mixture) -> tuple[Tensor, Tensor]:
        """Eps (B, K, V, H, A) and t (B, K, V)."""
        like, chunk = mixture.means, self.student.signature.chunk
        shape = (*like.shape[:2], self.settings.draws)
        eps = self.normal(like.new_empty(*shape, *chunk))
        t = self.draw_times(self.settings.t_range, eps[..., 0, 0].numel())
        return eps, t.view(shape).to(like)


@torch.no_grad()
def describe(mixture: Mixture, x: Tensor) -> dict[str, float]:
    """How well the mixture explains data, and how spread out it is [nat]."""
    log_q = mixture.log_prob(x.flatten(1)[:, None])
    entropy = (mixture.log_weights.exp() * mixture.entropies()).sum(-1)
    return {
        "nll": -log_q.mean().item(),
        "entropy": entropy.mean().item(),
        "gate_entropy": mixture.gate_entropy().mean().item(),
    }

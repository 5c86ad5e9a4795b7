"""EM and IMC: a mixture of Gaussian experts from data, without a teacher's score.

An update is one round on a batch: the E-step weighs (`responsibilities` for EM, a
`Curriculum` for IMC), the M-step takes `expert_steps` steps of the experts and one of
the gate under these weights. They are VDD's baselines EM-GPT and IMC-GPT, written from
the papers; backbone, heads and spaces are the very ones VDD trains.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024) | https://arxiv.org/abs/2406.12538
    | Information Maximizing Curriculum (Blessing et al., 2023)
    | https://arxiv.org/abs/2303.15349
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from onehop_interfaces import Batch, Teacher
from onehop_interfaces.learning import Run

from ._data_loss import gate_loss, likelihood_loss
from ._student import Student
from ._vdd import MixtureTraining, describe

if TYPE_CHECKING:
    from ._recipes import EMRecipe, IMCRecipe

__all__ = ["WeightedEM"]


class WeightedEM(MixtureTraining):
    """The distiller; see `MixtureTraining`. Of the teacher it takes the spaces."""

    def __init__(
        self,
        teacher: Teacher,
        settings: EMRecipe | IMCRecipe,
        run: Run,
        student: Student | None = None,
    ) -> None:
        super().__init__(teacher, settings, run, student)
        self.settings = settings
        self.weigh = settings.weigh(teacher)

    def update(self, batch: Batch) -> dict[str, float]:
        """One E-step and one M-step on the batch."""
        with torch.no_grad():
            cond = self.teacher.encode(batch.obs)
            x = self.teacher.normalise(batch.actions, batch.obs)
        mixture = self.mixture(batch, cond)
        metrics, w = describe(mixture, x), self.weigh(mixture, x)
        for i in range(self.settings.expert_steps):
            mixture = self.mixture(batch, cond) if i else mixture
            loss = likelihood_loss(mixture, x, w).mean()
            self.minimise(loss, self.optimizer)
        gate = gate_loss(self.mixture(batch, cond), w).mean()
        self.minimise(gate, self.gate_optimizer)
        self.average.update_parameters(self.student)
        return self.end_update(loss=loss, **metrics)

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

from collections.abc import Mapping
from typing import Any

import torch

from onehop_interfaces import Batch, Minimise, minimise

from ._data_loss import Weigh, gate_loss, likelihood_loss, responsibilities
from ._student import Student
from ._training import Training
from ._vdd import describe

__all__ = ["WeightedEM"]


class WeightedEM:
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        student: What is trained.
        generator: Kept with the state; nothing here is drawn by chance.
        steps: Updates until the learning rates are zero.
        weigh: The E-step: `responsibilities` is EM, `Curriculum(eta)` is IMC.
        lr: Adam's learning rate at the start, of experts and gate.
        expert_steps: Steps of the experts in an M-step.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        student: Student,
        *,
        generator: torch.Generator,
        steps: int,
        weigh: Weigh = responsibilities,
        lr: float = 1e-4,
        expert_steps: int = 1,
        minimise: Minimise = minimise,
    ) -> None:
        self.student = student
        self.weigh = weigh
        self.expert_steps = expert_steps
        self.training = Training(
            student,
            generator=generator,
            steps=steps,
            lr=lr,
            minimise=minimise,
        )

    @property
    def policy(self) -> Student:
        """The student with averaged weights."""
        return self.training.policy

    def update(self, batch: Batch) -> dict[str, float]:
        """One E-step and one M-step on the batch."""
        cond = self.student.encode(batch.obs)
        x = self.student.normalise(batch.actions, batch.obs)
        mixture = self.student.experts(cond)
        metrics = describe(mixture, x)
        w = self.weigh(mixture, x)
        for i in range(self.expert_steps):
            mixture = self.student.experts(cond) if i else mixture
            loss = likelihood_loss(mixture, x, w).mean()
            self.training.step_experts(loss)
        self.training.step_gate(gate_loss(self.student.experts(cond), w).mean())
        self.training.end_update()
        return {"loss": loss.item(), **metrics}

    def state_dict(self) -> dict[str, Any]:
        """Experts, average, optimisers, schedules and generator."""
        return self.training.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.training.load_state_dict(state)

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

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Minimise, Teacher, minimise

from ._data_loss import gate_loss, likelihood_loss, responsibilities
from ._expert_loss import Score, expert_loss, rescaled_score
from ._mixture import Mixture
from ._student import Student
from ._training import Training

__all__ = ["VDD"]


class VDD:
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained.
        generator: Source of t and eps, on the student's device.
        steps: Updates until the learning rates are zero.
        lr: Adam's learning rate at the start, of experts and gate.
        score: Which of the teacher's scores the experts follow.
        t_range: The part of the schedule's domain t is drawn from, uniformly.
        draws: V, chunks drawn from each expert.
        expert_steps: Steps of the experts to one of the gate.
        from_data: Share of the updates, the first, whose experts learn from data.
        minimise: How a loss becomes an optimiser step.

    Raises:
        BadInput: if `from_data` is no share.
    """

    def __init__(
        self,
        teacher: Teacher,
        student: Student,
        *,
        generator: torch.Generator,
        steps: int,
        lr: float = 1e-4,
        score: Score = rescaled_score,
        t_range: tuple[float, float] = (0.02, 0.1),
        draws: int = 2,
        expert_steps: int = 2,
        from_data: float = 0.0,
        minimise: Minimise = minimise,
    ) -> None:
        if not 0 <= from_data <= 1:
            raise BadInput(f"from_data: expected 0 to 1, got {from_data:g}")
        self.teacher = teacher
        self.student = student
        self.generator = generator
        self.score = score
        self.t_range = t_range
        self.draws = draws
        self.expert_steps = expert_steps
        self.data_updates = round(from_data * steps)
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
        """One round: experts from the teacher, the gate from the batch's actions."""
        cond = self.student.encode(batch.obs)
        with torch.no_grad():
            teacher_cond = self.teacher.encode(batch.obs)
            x = self.teacher.normalise(batch.actions, batch.obs)
        for _ in range(self.expert_steps):
            mixture = self.student.experts(cond)
            loss = self._expert_loss(mixture, x, teacher_cond)
            self.training.step_experts(loss.mean())
        mixture = self.student.experts(cond)
        gate = gate_loss(mixture, responsibilities(mixture, x)).mean()
        self.training.step_gate(gate)
        self.training.end_update()
        return {"loss": loss.mean().item(), **describe(mixture, x)}

    def state_dict(self) -> dict[str, Any]:
        """Experts, average, optimisers, schedules and generator."""
        return self.training.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.training.load_state_dict(state)

    def _expert_loss(self, mixture: Mixture, x: Tensor, cond: Tensor) -> Tensor:
        """From the batch's actions for the first updates, then the teacher, (B,)."""
        if self.training.updates < self.data_updates:
            return likelihood_loss(mixture, x, responsibilities(mixture, x))
        eps, t = self._draw(mixture)
        return expert_loss(mixture, eps, t, cond, self.teacher, self.score)

    def _draw(self, mixture: Mixture) -> tuple[Tensor, Tensor]:
        """Eps (B, K, V, H, A) and t (B, K, V)."""
        signature, like = self.student.signature, mixture.means
        shape = (*like.shape[:2], self.draws)
        chunk = (signature.horizon, signature.action_dim)
        eps = like.new_empty(*shape, *chunk).normal_(generator=self.generator)
        low, high = self.t_range
        u = like.new_empty(shape).uniform_(low, high, generator=self.generator)
        return eps, self.teacher.schedule.domain.at(u)


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

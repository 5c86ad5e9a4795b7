"""Drifting: samples that are drawn to data and pushed apart from one another.

For an observation with the demonstrated chunk x, G samples y_i = f(z_i, T) of the
student drift by

    V(y_i) = sum_+ w_i+ y_+  -  sum_- w_i- y_-

over the demonstration (+) and the other samples (-). The affinity of two points is
a_ij = sqrt(softmax over j times softmax over i) of -|y_i - y_j| / tau, and

    w_i+ = a_i+ sum_- a_i-,     w_i- = a_i- sum_+ a_i+,

so that attraction and repulsion weigh the same and V vanishes where the samples are
distributed as the data. Distances are in units of their mean over the batch. The forces
at several tau are each divided by their root mean square and added up:

    loss = || y_i - sg(y_i + V(y_i)) ||^2

References:
    | Generative Modeling via Drifting (2026), section 4
    | https://arxiv.org/abs/2602.04770
    | Drift-Based Policy (2026), for policies | https://arxiv.org/abs/2604.03540
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Batch, Teacher
from onehop_interfaces.acting import OneCall
from onehop_interfaces.learning import Run

from ._learner import Learner

if TYPE_CHECKING:
    from ._recipe import DriftingRecipe

__all__ = ["Drifting", "drift"]

TINY = 1e-12


@torch.no_grad()
def drift(y: Tensor, x: Tensor, temperatures: Sequence[float]) -> Tensor:
    """Where every sample is driven, (B, G, D).

    Args:
        y: Samples (B, G, D), G of them at each observation; G >= 2.
        x: Demonstrations (B, P, D) at the same observations.
        temperatures: tau, each with a force of its own.
    """
    points = torch.cat([x, y], 1)
    apart = torch.cdist(y, points)
    apart = apart / apart.mean().clamp_min(TINY)
    itself = torch.eye(y.shape[1], dtype=torch.bool, device=y.device)
    mask = torch.cat([itself.new_zeros(y.shape[1], x.shape[1]), itself], 1)
    forces = [_force(apart, mask, points, x.shape[1], tau) for tau in temperatures]
    scaled = [v / v.square().mean().sqrt().clamp_min(TINY) for v in forces]
    return torch.stack(scaled).sum(0)


def _force(apart: Tensor, mask: Tensor, points: Tensor, p: int, tau: float) -> Tensor:
    """V at one temperature, by distances (B, G, P + G) in which `mask` is no pair."""
    logits = (-apart / tau).masked_fill(mask, -torch.inf)
    a = (logits.log_softmax(2) + logits.log_softmax(1)).mul(0.5).exp()
    a = a.masked_fill(mask, 0.0)
    to_data, to_samples = a[..., :p], a[..., p:]
    w_data = to_data * to_samples.sum(2, keepdim=True)
    w_samples = to_samples * to_data.sum(2, keepdim=True)
    return w_data @ points[:, :p] - w_samples @ points[:, p:]


class Drifting(Learner[OneCall]):
    """The distiller; see `Learner`.

    Raises:
        BadInput: if there are too few samples, or no temperatures.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: DriftingRecipe,
        run: Run,
        student: OneCall | None = None,
    ) -> None:
        if settings.samples < 2:
            raise BadInput(f"samples: expected at least 2, got {settings.samples}")
        if not settings.tau or min(settings.tau) <= 0:
            raise BadInput(f"tau: expected temperatures above 0, got {settings.tau}")
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, settings, run, student)
        self.samples, self.temperatures = settings.samples, settings.tau

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch, by `samples` chunks at each observation."""
        cond, x = self.seen(batch)
        rows = cond.repeat_interleave(self.samples, 0)
        y = self.student.generate(self.noise(rows), rows)
        flat = y.flatten(1).view(len(x), self.samples, -1)
        v = drift(flat.float(), x.flatten(1)[:, None].float(), self.temperatures)
        loss = (flat - (flat.detach() + v)).square().mean()
        self.descend(loss)
        return self.end_update(loss=loss, spread=flat.std(1).mean())

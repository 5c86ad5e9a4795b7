"""Distillation into a Koopman student: regress the teacher's own map.

Each update takes a batch of pairs from a source and one or several steps of AdamW down
the objective's terms, with the gradient's norm clipped to 1 and a cosine from `lr` to
zero. The policy handed out carries averaged weights.

Pairs made on the spot cost the teacher's steps at every update; `passes` over the same
batch share that cost. There is no replay buffer on purpose: what an update learns from
is a function of the batch and the generator alone, so a resumed run, and one spread
over processes, needs to remember no pairs. A fixed set, as in the papers, is
`write_pairs` and `FromShards`.

References:
    | Dynamic Neural Koopman / FDK, 2026 | https://arxiv.org/abs/2605.24924
    | KDM's code: Adam 3e-4, averaged weights
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import nn

from onehop_interfaces import Batch, Minimise, minimise
from onehop_interfaces.learning import StudentTraining, half_cosine

from ._objectives import Objective
from ._pairs import Pairs
from ._student import Student

__all__ = ["KoopmanDistiller", "Source"]


class Source(Protocol):
    """A batch of demonstrations to a batch of pairs."""

    def __call__(self, batch: Batch, generator: torch.Generator) -> Pairs:
        """As many pairs as the batch has windows."""
        ...


class KoopmanDistiller(StudentTraining[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        source: Where pairs come from: `FromTeacher` or `FromShards`.
        student: What is trained.
        objective: The method: `DNK`, `KDM` or `KDMF`, made for this student.
        generator: Source of all randomness, on the student's device.
        steps: Updates that the learning rate is laid out for.
        lr: AdamW's learning rate at the start.
        weight_decay: AdamW's.
        clip: Largest norm of the gradient.
        passes: Optimiser steps per batch of pairs.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        source: Source,
        student: Student,
        objective: Objective,
        *,
        generator: torch.Generator,
        steps: int,
        lr: float = 3e-4,
        weight_decay: float = 1e-6,
        clip: float = 1.0,
        passes: int = 1,
        minimise: Minimise = minimise,
    ) -> None:
        both = nn.ModuleList((student, objective))
        parts = [p for p in both.parameters() if p.requires_grad]
        super().__init__(
            student,
            torch.optim.AdamW(parts, lr, weight_decay=weight_decay, fused=True),
            generator=generator,
            minimise=minimise,
            steps=steps,
            course=half_cosine,
            others={"objective": objective},
        )
        self.source = source
        self.objective = objective
        self.passes = passes

        def clip_gradient(*_: Any) -> None:
            nn.utils.clip_grad_norm_(parts, clip)

        self.optimizer.register_step_pre_hook(clip_gradient)

    def update(self, batch: Batch) -> dict[str, float]:
        """Learn from one batch of pairs; gives every term's mean, unweighted."""
        pairs = self.source(batch, self.generator)
        for _ in range(self.passes):
            terms = self.objective(self.student, pairs, self.generator)
            means = {name: term.mean() for name, term in terms.items()}
            weights = self.objective.weights
            loss = torch.stack([weights[k] * mean for k, mean in means.items()]).sum()
            self.descend(loss)
        self.end_update()
        return {"loss": loss.item(), **{k: mean.item() for k, mean in means.items()}}

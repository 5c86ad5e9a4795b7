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

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from onehop_interfaces import Batch, Teacher
from onehop_interfaces.learning import Run, Training, half_cosine

from ._pairs import Pairs
from ._student import Student

if TYPE_CHECKING:
    from ._recipes import KoopmanOptions

__all__ = ["KoopmanDistiller", "Source"]

CLIP = 1.0
"""Largest norm of the gradient."""


class Source(Protocol):
    """A batch of demonstrations to a batch of pairs."""

    def __call__(self, batch: Batch, generator: torch.Generator) -> Pairs:
        """As many pairs as the batch has windows."""
        ...


class KoopmanDistiller(Training[Student]):
    """The distiller; see `onehop_interfaces.Distiller`.

    Args:
        teacher: Any teacher. It is only read.
        settings: What can be set; makes the student and what it is trained by.
        run: The run it is part of.
        source: Where pairs come from, if not from where the settings have it:
            `FromTeacher` or `FromShards`.
    """

    def __init__(
        self,
        teacher: Teacher,
        settings: KoopmanOptions,
        run: Run,
        source: Source | None = None,
    ) -> None:
        student, objective = settings.parts(teacher, run.generator)
        super().__init__(teacher, student, run, settings.train_encoder)
        self.settings = settings
        self.source = source or settings.source(teacher)
        self.objective = self.keep("objective", objective)
        parts = [p for m in (student, objective) for p in m.parameters()]
        learning = [p for p in parts if p.requires_grad]
        adamw = partial(
            torch.optim.AdamW, lr=settings.lr, weight_decay=1e-6, fused=True
        )
        self.optimizer = self.optimise("optimizer", learning, adamw, half_cosine)

        def clip_gradient(*_: Any) -> None:
            nn.utils.clip_grad_norm_(learning, CLIP)

        self.optimizer.register_step_pre_hook(clip_gradient)

    def update(self, batch: Batch) -> dict[str, float]:
        """Learn from one batch of pairs; gives every term's mean, unweighted."""
        pairs = self.source(batch, self.generator)
        for _ in range(self.settings.passes):
            seen = pairs._replace(cond=self.own_cond(batch.obs, pairs.cond))
            terms = self.objective(self.student, seen, self.generator)
            means = {name: term.mean() for name, term in terms.items()}
            weights = self.objective.weights
            loss = torch.stack([weights[k] * mean for k, mean in means.items()]).sum()
            self.descend(loss)
        return self.end_update(loss=loss, **means)

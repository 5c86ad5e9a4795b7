"""Pairs made on the spot: the teacher's path, followed at a batch's observations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import Batch, Teacher

from ._pairs import Pairs, Temperatures, endpoint, quantile_weights

__all__ = ["FromTeacher", "Score"]

Score: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(chunks x (B, H, A), cond (B, C)) -> how good they are (B,)."""


class FromTeacher:
    """Pairs at the batch's observations, made on the spot.

    Args:
        teacher: Any teacher; only read.
        steps: Calls of the teacher per pair.
        temperatures: Of the prior.
        score: Weighs the pairs of a batch by rank; all count alike without.

    Raises:
        BadInput: if the schedule has fewer times than `steps`.
    """

    def __init__(
        self,
        teacher: Teacher,
        *,
        steps: int = 10,
        temperatures: Temperatures | None = None,
        score: Score | None = None,
    ) -> None:
        teacher.schedule.domain.grid(steps)  # refuses more than there are
        self.teacher = teacher
        self.steps = steps
        self.temperatures = temperatures or Temperatures()
        self.score = score

    @torch.no_grad()
    def __call__(self, batch: Batch, generator: torch.Generator) -> Pairs:
        """As many pairs as the batch has windows."""
        pairs = self.unweighted(batch, generator)
        if self.score is None:
            return pairs
        weight = quantile_weights(self.score(pairs.x, pairs.cond))
        return pairs._replace(weight=weight.to(pairs.x))

    @torch.no_grad()
    def unweighted(self, batch: Batch, generator: torch.Generator) -> Pairs:
        """The same pairs, all of weight 1."""
        cond = self.teacher.encode(batch.obs)
        like = cond.new_empty(len(cond), *self.teacher.signature.chunk)
        prior = self.temperatures.prior(like, generator)
        x = endpoint(self.teacher, prior, cond, self.steps)
        return Pairs(cond, prior, x, cond.new_ones(len(cond)))

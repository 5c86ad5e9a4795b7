"""Regression: the mean chunk, in one call.

    loss = || f(0, T, cond) - x ||^2,     a decision is f(0, T, cond)

The minimum is E[x | cond]: right where demonstrations agree, between them where they do
not.

References:
    | Much Ado About Noising (ICLR 2026), which finds it level with flows on most tasks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onehop_interfaces import Batch, Teacher
from onehop_interfaces.acting import OneCall
from onehop_interfaces.learning import Run

from ._learner import Learner

if TYPE_CHECKING:
    from ._recipe import RegressionRecipe

__all__ = ["Regression"]


class Regression(Learner[OneCall]):
    """The distiller; see `Learner`."""

    def __init__(
        self,
        teacher: Teacher,
        settings: RegressionRecipe,
        run: Run,
        student: OneCall | None = None,
    ) -> None:
        student = student or settings.student(teacher, run.generator)
        super().__init__(teacher, settings, run, student)

    def update(self, batch: Batch) -> dict[str, float]:
        """One step on the batch."""
        cond, x = self.seen(batch)
        loss = (self.student.generate(x.new_zeros(x.shape), cond) - x).square().mean()
        self.descend(loss)
        return self.end_update(loss=loss)

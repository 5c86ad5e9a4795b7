"""What the three share: Adam along a cosine, and chunks of data."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor

from onehop_interfaces import Batch, Teacher
from onehop_interfaces.acting import Acting
from onehop_interfaces.learning import Run, Training, half_cosine

if TYPE_CHECKING:
    from ._recipe import DirectOptions

__all__ = ["Learner"]

S = TypeVar("S", bound=Acting)


class Learner(Training[S]):
    """A distiller but for its `update`.

    Args:
        teacher: Whose spaces and whose kind of network are used; it is asked nothing.
        settings: What can be set.
        run: The run it is part of.
        student: What is trained.
    """

    def __init__(
        self, teacher: Teacher, settings: DirectOptions, run: Run, student: S
    ) -> None:
        super().__init__(teacher, student, run, settings.train_encoder)
        self.settings = settings
        adam = partial(torch.optim.Adam, lr=settings.lr)
        self.optimizer = self.optimise(
            "optimizer", student.parameters(), adam, half_cosine
        )

    def seen(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The student's conditions (B, C), and the demonstrated chunks x (B, H, A)."""
        cond, _ = self.conds(batch.obs)
        with torch.no_grad():
            x = self.teacher.normalise(batch.actions, batch.obs)
        return cond, x.to(cond)

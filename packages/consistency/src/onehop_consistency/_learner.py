"""What the three distillers share: a target network beside the policy, and a ladder.

The target network is the student's average with one decay (0: the student itself, held
still), the policy its average with another. The learning rate falls to zero along half
a cosine: at one that stays, the targets keep moving and the last tenth is noisy.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, Protocol, cast

import torch
from torch import Tensor

from onehop_interfaces import Obs, Teacher
from onehop_interfaces.averages import averaged, steady
from onehop_interfaces.learning import Run, Training, half_cosine

from ._distance import Distance, pseudo_huber, squared_error
from ._student import Student
from ._times import ladder

__all__ = ["Learner", "Settings"]

DISTANCES: Mapping[str, Distance] = {
    f.__name__: f for f in (pseudo_huber, squared_error)
}


class Settings(Protocol):
    """What all recipes say."""

    @property
    def lr(self) -> float:
        """Adam's learning rate at the start."""
        ...

    @property
    def target_decay(self) -> float:
        """Decay of the target network per update."""
        ...

    @property
    def distance(self) -> Literal["pseudo_huber", "squared_error"]:
        """d's name."""
        ...

    @property
    def train_encoder(self) -> bool:
        """Whether the student's encoder learns, too."""
        ...


class Learner(Training[Student]):
    """A distiller but for its `update`, which calls `learn`.

    Args:
        teacher: Any teacher. It is only read.
        settings: What can be set.
        run: The run it is part of.
        student: What is trained.
    """

    def __init__(
        self, teacher: Teacher, settings: Settings, run: Run, student: Student
    ) -> None:
        super().__init__(teacher, student, run, settings.train_encoder)
        target = averaged(student, steady(settings.target_decay))
        self._target = self.keep("target", target.requires_grad_(False))
        adam = partial(torch.optim.Adam, lr=settings.lr)
        self.optimizer = self.optimise(
            "optimizer", student.parameters(), adam, half_cosine
        )
        self.distance = DISTANCES[settings.distance]

    @property
    def target(self) -> Student:
        """The target network; its parameters take no gradient."""
        return cast(Student, self._target.module)

    def three_conds(self, obs: Obs) -> tuple[Tensor, Tensor, Tensor]:
        """The student's conditions, the target's and the teacher's, (B, C) each."""
        cond, teacher_cond = self.conds(obs)
        if not self.train_encoder:
            return cond, cond, teacher_cond
        with torch.no_grad():
            return cond, self.target.net.encode(obs), teacher_cond

    def ladder(self, rungs: int) -> Tensor:
        """The times that `rungs` steps lead along, growing, on the student's device.

        Fewer where the schedule has fewer.
        """
        domain = self.student.domain
        times = ladder(domain, domain.at_most(rungs))
        return torch.tensor(times, device=self.generator.device)

    def learn(self, loss: Tensor) -> None:
        """Step down the loss, and let both averages follow."""
        self.descend(loss)
        self._target.update_parameters(self.student)

"""What the three distillers share: a target network beside the policy, and a ladder.

The target network is the student's average with one decay (0: the student itself, held
still), the policy its average with another.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from onehop_interfaces import Minimise, Teacher
from onehop_interfaces.learning import StudentTraining, averaged, steady

from ._distance import Distance
from ._student import Student
from ._times import ladder

__all__ = ["Learner"]


class Learner(StudentTraining[Student]):
    """A distiller but for its `update`, which calls `learn`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained.
        generator: Source of all randomness, on the student's device.
        distance: d.
        target_decay: Decay of the target network per update.
        lr: Adam's learning rate.
        minimise: How a loss becomes an optimiser step.
        steps: Updates planned; 0 if nothing depends on them.
    """

    def __init__(
        self,
        teacher: Teacher,
        student: Student,
        *,
        generator: torch.Generator,
        distance: Distance,
        target_decay: float,
        lr: float,
        minimise: Minimise,
        steps: int = 0,
    ) -> None:
        self._target = averaged(student, steady(target_decay)).requires_grad_(False)
        super().__init__(
            student,
            torch.optim.Adam(student.parameters(), lr),
            generator=generator,
            minimise=minimise,
            steps=steps,
            others={"target": self._target},
        )
        self.teacher = teacher
        self.distance = distance

    @property
    def target(self) -> Student:
        """The target network; its parameters take no gradient."""
        return cast(Student, self._target.module)

    def ladder(self, rungs: int) -> Tensor:
        """The times that `rungs` steps lead along, growing, on the student's device."""
        times = ladder(self.student.domain, rungs)
        return torch.tensor(times, device=self.generator.device)

    def learn(self, loss: Tensor) -> None:
        """Step down the loss, let both averages follow, and end the update."""
        self.descend(loss)
        self._target.update_parameters(self.student)
        self.end_update()

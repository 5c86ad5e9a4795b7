"""What the three distillers share: a student, its two averages and its optimiser.

The target network is the student's average with one decay (0: the student itself, held
still), the policy its average with another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from onehop_interfaces import Minimise

from ._student import Student

__all__ = ["Learner"]


class Learner:
    """A student being taught.

    Args:
        student: What is trained.
        lr: Adam's learning rate.
        target_decay: Decay of the target network per update.
        ema_decay: Decay of the policy's averaged weights per update.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        student: Student,
        *,
        lr: float,
        target_decay: float,
        ema_decay: float,
        minimise: Minimise,
    ) -> None:
        self.student = student
        self.minimise = minimise
        self.optimizer = torch.optim.Adam(student.parameters(), lr)
        self._target = _average(student, target_decay)
        self._average = _average(student, ema_decay)

    @property
    def target(self) -> Student:
        """The target network; its parameters take no gradient."""
        return cast(Student, self._target.module)

    @property
    def policy(self) -> Student:
        """The student with averaged weights."""
        return cast(Student, self._average.module)

    def learn(self, loss: Tensor) -> None:
        """Step down the loss and let the averages follow."""
        self.minimise(loss, self.optimizer)
        self._target.update_parameters(self.student)
        self._average.update_parameters(self.student)

    def state_dict(self) -> dict[str, Any]:
        """Student, target, average and optimiser."""
        return {
            "student": self.student.state_dict(),
            "target": self._target.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.student.load_state_dict(state["student"])
        self._target.load_state_dict(state["target"])
        self._average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])


def _average(student: Student, decay: float) -> AveragedModel:
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(student, multi_avg_fn=average).requires_grad_(False)

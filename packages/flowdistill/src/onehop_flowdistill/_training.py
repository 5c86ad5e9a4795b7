"""What both distillers share: an optimiser, its schedule, an average, and their state.

AdamW, whose learning rate falls to zero along half a cosine, and a running average of
the weights, which is what acts. After n descents the average forgets with

    decay_n = min(ema_decay, (1 + n) / (10 + n)),

so that a short run is not an average with its start.

References:
    | Decoupled Weight Decay Regularization (Loshchilov & Hutter, 2019)
    | https://arxiv.org/abs/1711.05101
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast, final

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from onehop_interfaces import Minimise

from ._student import Student

__all__ = ["Training"]


@final
class Training:
    """A student under training.

    Args:
        student: What is trained.
        steps: Updates planned.
        generator: Its state is kept with the rest.
        lr: Highest learning rate.
        ema_decay: Decay of the averaged weights per descent.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        student: Student,
        *,
        steps: int,
        generator: torch.Generator,
        lr: float,
        ema_decay: float,
        minimise: Minimise,
    ) -> None:
        self.student = student
        self.steps = steps
        self.generator = generator
        self.lr = lr
        self.ema_decay = ema_decay
        self.minimise = minimise
        self.updates = 0
        self.optimizer = torch.optim.AdamW(student.parameters(), lr, weight_decay=1e-6)
        self.average = AveragedModel(student, multi_avg_fn=self._average)

    @property
    def averaged(self) -> Student:
        """The student with averaged weights."""
        return cast(Student, self.average.module)

    @property
    def progress(self) -> float:
        """Share of the planned updates that is done, from 0 to 1."""
        return min(self.updates / self.steps, 1.0)

    def descend(self, loss: Tensor) -> None:
        """One optimiser step down the scalar loss, and into the average."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr * 0.5 * (1 + math.cos(math.pi * self.progress))
        self.minimise(loss, self.optimizer)
        self.average.update_parameters(self.student)

    def state_dict(self) -> dict[str, Any]:
        """Student, average, optimiser, generator and the updates done."""
        return {
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.updates = int(state["updates"])

    def _average(
        self, averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Any
    ) -> None:
        n = float(updates)
        decay = min(self.ema_decay, (1 + n) / (10 + n))
        get_ema_multi_avg_fn(decay)(averaged, current, updates)  # type: ignore[no-untyped-call]

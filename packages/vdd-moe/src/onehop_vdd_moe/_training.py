"""What the distillers share: two optimisers, their schedules, the averaged student.

Experts and gate have an optimiser each (Adam), whose learning rate falls linearly to
zero over the run, as in VDD.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LinearLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from onehop_interfaces import Minimise

from ._experts import Experts
from ._student import Student

__all__ = ["Training"]


class Training:
    """A student under training, and `policy`, which is it with averaged weights.

    Encoder and normalisation are frozen: they are neither averaged nor saved here.

    Args:
        student: What is trained.
        generator: Source of all randomness, on the student's device.
        steps: Updates until the learning rates are zero.
        lr: Adam's learning rate at the start.
        ema_decay: Decay of the averaged weights per update.
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        student: Student,
        *,
        generator: torch.Generator,
        steps: int,
        lr: float,
        ema_decay: float,
        minimise: Minimise,
    ) -> None:
        self.student = student
        self.generator = generator
        self.minimise = minimise
        experts = student.experts
        self.optimizers = [
            torch.optim.Adam(parameters, lr)
            for parameters in (experts.expert_parameters(), experts.gate_parameters())
        ]
        self.schedules = [
            LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
            for optimizer in self.optimizers
        ]
        average = get_ema_multi_avg_fn(ema_decay)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(experts, multi_avg_fn=average)
        self.policy = student.with_experts(cast(Experts, self.average.module))

    def step_experts(self, loss: Tensor) -> None:
        """One step of backbone, means and covariances down a scalar loss."""
        self.minimise(loss, self.optimizers[0])

    def step_gate(self, loss: Tensor) -> None:
        """One step of the gate down a scalar loss."""
        self.minimise(loss, self.optimizers[1])

    def end_update(self) -> None:
        """Lower the learning rates and take the weights into the average."""
        for schedule in self.schedules:
            schedule.step()
        self.average.update_parameters(self.student.experts)

    def state_dict(self) -> dict[str, Any]:
        """Experts, average, optimisers, schedules and generator."""
        return {
            "experts": self.student.experts.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "schedules": [schedule.state_dict() for schedule in self.schedules],
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        self.student.experts.load_state_dict(state["experts"])
        self.average.load_state_dict(state["average"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        for schedule, saved in zip(self.schedules, state["schedules"], strict=True):
            schedule.load_state_dict(saved)
        self.generator.set_state(state["generator"])

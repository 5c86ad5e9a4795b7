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

from onehop_interfaces import Minimise
from onehop_interfaces.learning import Parts, averaged, load_states, states

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
        minimise: How a loss becomes an optimiser step.
    """

    def __init__(
        self,
        student: Student,
        *,
        generator: torch.Generator,
        steps: int,
        lr: float,
        minimise: Minimise,
    ) -> None:
        self.student = student
        self.minimise = minimise
        experts, adam = student.experts, torch.optim.Adam
        self.expert_optimizer = adam(experts.expert_parameters(), lr)
        self.gate_optimizer = adam(experts.gate_parameters(), lr)
        self.expert_schedule = LinearLR(self.expert_optimizer, 1.0, 0.0, steps)
        self.gate_schedule = LinearLR(self.gate_optimizer, 1.0, 0.0, steps)
        self.average = averaged(experts)
        self.policy = student.with_experts(cast(Experts, self.average.module))
        self._parts: Parts = {
            "experts": experts,
            "average": self.average,
            "expert_optimizer": self.expert_optimizer,
            "gate_optimizer": self.gate_optimizer,
            "expert_schedule": self.expert_schedule,
            "gate_schedule": self.gate_schedule,
            "generator": generator,
        }

    @property
    def updates(self) -> int:
        """Updates done."""
        return self.expert_schedule.last_epoch

    def step_experts(self, loss: Tensor) -> None:
        """One step of backbone, means and covariances down a scalar loss."""
        self.minimise(loss, self.expert_optimizer)

    def step_gate(self, loss: Tensor) -> None:
        """One step of the gate down a scalar loss."""
        self.minimise(loss, self.gate_optimizer)

    def end_update(self) -> None:
        """Lower the learning rates and take the weights into the average."""
        self.expert_schedule.step()
        self.gate_schedule.step()
        self.average.update_parameters(self.student.experts)

    def state_dict(self) -> dict[str, Any]:
        """Every part's state."""
        return states(self._parts)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        load_states(self._parts, state)

"""Learning by gradient, as far as all methods do it alike.

A student is trained at a learning rate that stays, or that follows a course; along half
a cosine it is, after n of N updates,

    lr_n = lr (1 + cos(pi min(n / N, 1))) / 2.

It acts with averaged weights. The first step of the optimiser gives the average its
weights w_1; the n-th one after that moves it by

    avg <- d_n avg + (1 - d_n) w,     d_n = d,  or  d_n = min(d, (1 + n) / (10 + n))

where the rising d_n keeps a short run from being an average with its start.

References:
    | Acceleration of Stochastic Approximation by Averaging (Polyak & Juditsky, 1992)
    | https://doi.org/10.1137/0330046
    | SGDR: Stochastic Gradient Descent with Warm Restarts (Loshchilov & Hutter, 2017),
    | equation 5 | https://arxiv.org/abs/1608.03983

This module needs torch.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ._distiller import Batch, Minimise

__all__ = [
    "Course",
    "Parts",
    "StudentTraining",
    "averaged",
    "constant",
    "half_cosine",
    "load_states",
    "states",
]

Net = TypeVar("Net", bound=nn.Module)


class Stateful(Protocol):
    """A network, an optimiser, a schedule: whatever torch can save."""

    def state_dict(self) -> dict[str, Any]:
        """Its state."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:
        """Go on from a state."""
        ...


Parts: TypeAlias = "Mapping[str, Stateful | torch.Generator]"
"""What a run is made of, by name."""


def states(parts: Parts) -> dict[str, Any]:
    """The state of every part, by its name."""
    return {
        name: part.get_state()
        if isinstance(part, torch.Generator)
        else part.state_dict()
        for name, part in parts.items()
    }


def load_states(parts: Parts, saved: Mapping[str, Any]) -> None:
    """Let every part go on from the state that `states` gave."""
    for name, part in parts.items():
        if isinstance(part, torch.Generator):
            part.set_state(saved[name])
        else:
            part.load_state_dict(saved[name])


def averaged(net: nn.Module, decay: float, *, rising: bool = False) -> AveragedModel:
    """A copy of `net` with its averaged weights; see the module's text.

    Args:
        net: What is averaged, by `update_parameters`; the copy is `module`.
        decay: d.
        rising: Whether d_n rises to d, or is d from the first.
    """

    def rise(avg: Sequence[Tensor], w: Sequence[Tensor], n: Any) -> None:
        d_n = min(decay, (1 + float(n)) / (10 + float(n)))
        get_ema_multi_avg_fn(d_n)(avg, w, n)  # type: ignore[no-untyped-call]

    stay = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(net, multi_avg_fn=rise if rising else stay)


Course: TypeAlias = Callable[[float], float]
"""Progress, 0 to 1 -> share of the learning rate."""


def constant(progress: float) -> float:
    """1 throughout."""
    return 1.0


def half_cosine(progress: float) -> float:
    """From 1 down to 0."""
    return 0.5 * (1 + math.cos(math.pi * progress))


class StudentTraining(ABC, Generic[Net]):
    """A distiller but for its `update`, which calls `descend`, then `end_update`.

    Args:
        student: What is trained.
        optimizer: Of its parameters, at their highest learning rate.
        average: The student's average, which acts; see `averaged`.
        generator: Source of all randomness, on the student's device.
        minimise: How a loss becomes an optimiser step.
        steps: N, the updates planned; 0 if nothing depends on them.
        course: How the learning rate changes with progress.
        others: What else the state holds.
    """

    def __init__(
        self,
        student: Net,
        optimizer: torch.optim.Optimizer,
        average: AveragedModel,
        *,
        generator: torch.Generator,
        minimise: Minimise,
        steps: int = 0,
        course: Course = constant,
        others: Parts | None = None,
    ) -> None:
        self.student = student
        self.optimizer = optimizer
        self.average = average
        self.generator = generator
        self.minimise = minimise
        self.steps = steps
        self.course = course
        self.updates = 0
        self._parts: Parts = {
            "student": student,
            "average": average,
            "optimizer": optimizer,
            "generator": generator,
            **(others or {}),
        }

    @property
    def policy(self) -> Net:
        """The student with averaged weights."""
        return cast(Net, self.average.module)

    @property
    def progress(self) -> float:
        """Share of the planned updates that is done, 0 to 1; 0 if none are planned."""
        return min(self.updates / self.steps, 1.0) if self.steps else 0.0

    @abstractmethod
    def update(self, batch: Batch) -> dict[str, float]:
        """Learn from one batch; see `onehop_interfaces.Distiller`."""

    def descend(self, loss: Tensor) -> None:
        """One step of the student down the scalar loss, and into the average."""
        self.minimise(loss, self.optimizer)
        self.average.update_parameters(self.student)

    def end_update(self) -> None:
        """Count the update, and set the learning rate of the next."""
        self.updates += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.optimizer.defaults["lr"] * self.course(self.progress)

    def state_dict(self) -> dict[str, Any]:
        """Every part's state, and the updates done."""
        return {**states(self._parts), "updates": self.updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        load_states(self._parts, state)
        self.updates = int(state["updates"])

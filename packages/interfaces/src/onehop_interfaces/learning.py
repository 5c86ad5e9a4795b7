"""Learning by gradient, as far as all methods do it alike.

A student is trained at a learning rate that stays, or that follows a course; along half
a cosine it is, after n of N updates,

    lr_n = lr (1 + cos(pi min(n / N, 1))) / 2.

It acts with averaged weights. The optimiser's k-th step, which leads to w_k, moves the
average by

    avg <- d_k avg + (1 - d_k) w_k,     d_1 = 0.

A student's decay is that of `over_last(s)`,

    d_k = (1 - 1/k)^(2/s - 1),

so that after N steps w_i weighs about (i / N)^(2/s - 2): the weights are on average
s N / 2 steps old, as in a plain mean over the last share s of the run, however long the
run is and wherever it stops. Nothing is left of the start, which for most students is
the teacher: an average that remembers it is a blend with the teacher.

References:
    | Analyzing and Improving the Training Dynamics of Diffusion Models (Karras et al.,
    | 2024), section 3.1, the power function average | https://arxiv.org/abs/2312.02696
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
    "Decay",
    "Parts",
    "StudentTraining",
    "averaged",
    "constant",
    "half_cosine",
    "last_tenth",
    "load_states",
    "over_last",
    "rising",
    "states",
    "steady",
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


Decay: TypeAlias = Callable[[int], float]
"""k, counted from 2 -> d_k."""


def over_last(share: float) -> Decay:
    """As old as a mean over this share of the run, above 0; see the module's text."""
    return lambda k: (1 - 1 / k) ** (2 / share - 1)


def steady(decay: float) -> Decay:
    """The same at every step."""
    return lambda k: decay


def rising(decay: float) -> Decay:
    """min(decay, k / (9 + k)): steady, but for a start that is soon forgotten."""
    return lambda k: min(decay, k / (9 + k))


last_tenth = over_last(0.1)
"""What students act with."""


def averaged(net: nn.Module, decay: Decay = last_tenth) -> AveragedModel:
    """A copy of `net` with its averaged weights; see the module's text.

    Args:
        net: What is averaged, by `update_parameters`; the copy is `module`.
        decay: d_k.
    """

    def move(avg: Sequence[Tensor], w: Sequence[Tensor], before: Any) -> None:
        d_k = decay(int(before) + 1)
        get_ema_multi_avg_fn(d_k)(avg, w, before)  # type: ignore[no-untyped-call]

    return AveragedModel(net, multi_avg_fn=move)


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
        student: What is trained; its average, made here, is what acts.
        optimizer: Of its parameters, at their highest learning rate.
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
        *,
        generator: torch.Generator,
        minimise: Minimise,
        steps: int = 0,
        course: Course = constant,
        others: Parts | None = None,
    ) -> None:
        self.student = student
        self.optimizer = optimizer
        self.average = averaged(student)
        self.generator = generator
        self.minimise = minimise
        self.steps = steps
        self.course = course
        self.updates = 0
        self._parts: Parts = {
            "student": student,
            "average": self.average,
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

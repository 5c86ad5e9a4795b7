"""Learning by gradient, as far as all methods do it alike.

A learning rate stays, or follows a curve; along half a cosine it is, after n of N
updates,

    lr_n = lr (1 + cos(pi min(n / N, 1))) / 2.

Students act with weights averaged over their run (`onehop_interfaces.averages`).

References:
    | SGDR: Stochastic Gradient Descent with Warm Restarts (Loshchilov & Hutter, 2017),
    | equation 5 | https://arxiv.org/abs/1608.03983

This module needs torch.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast

import torch
from torch import Tensor, nn

from ._distiller import Batch, Minimise, minimise
from ._policy import Obs
from ._teacher import Spaces, Teacher
from .averages import Decay, averaged, last_tenth
from .drawing import standard_normal, uniform
from .spaces import freeze_encoder

__all__ = [
    "Learning",
    "LrCurve",
    "Parts",
    "Run",
    "Stateful",
    "Training",
    "constant",
    "half_cosine",
    "linear",
    "load_states",
    "states",
    "warmed",
]

Net = TypeVar("Net", bound=nn.Module)
Part = TypeVar("Part", bound="Stateful | torch.Generator")


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


LrCurve: TypeAlias = Callable[[int, int], float]
"""(n updates done, N planned) -> share of the learning rate."""


def constant(n: int, steps: int) -> float:
    """1 throughout."""
    return 1.0


def linear(n: int, steps: int) -> float:
    """From 1 down to 0."""
    return max(1 - n / steps, 0.0)


def half_cosine(n: int, steps: int) -> float:
    """From 1 down to 0, slowly at either end."""
    return 0.5 * (1 + math.cos(math.pi * min(n / steps, 1.0)))


def warmed(updates: int, then: LrCurve) -> LrCurve:
    """Rising over the first updates (all, if fewer are planned); then another's."""

    def curve(n: int, steps: int) -> float:
        warmup = min(updates, steps)
        if n < warmup:
            return (n + 1) / warmup
        return then(n - warmup, max(steps - warmup, 1))

    return curve


@dataclass(frozen=True)
class Run:
    """What a distiller is told of the run that it is part of.

    Attributes:
        steps: N, the updates planned.
        generator: Source of all randomness, on the student's device.
        minimise: How a loss becomes an optimiser step.
    """

    steps: int
    generator: torch.Generator = field(default_factory=torch.Generator)
    minimise: Minimise = minimise


class Learning:
    """What learns by gradient: parts that have a state, and rates that follow curves.

    Args:
        run: Updates planned, source of chance, and how to take a step.
    """

    def __init__(self, run: Run) -> None:
        self.steps = run.steps
        self.generator = run.generator
        self.minimise = run.minimise
        self.updates = 0
        self._curves: list[tuple[torch.optim.Optimizer, LrCurve]] = []
        self._parts: dict[str, Stateful | torch.Generator] = {}

    def keep(self, name: str, part: Part) -> Part:
        """Hold a further part in the state, and give it back."""
        self._parts[name] = part
        return part

    def optimise(
        self,
        name: str,
        parameters: Iterable[nn.Parameter],
        make: Callable[[list[nn.Parameter]], torch.optim.Optimizer],
        curve: LrCurve = constant,
    ) -> torch.optim.Optimizer:
        """An optimiser of those parameters that learn, whose rate follows a curve."""
        optimizer = make([p for p in parameters if p.requires_grad])
        self._curves.append((optimizer, curve))
        self._set_rates()
        return self.keep(name, optimizer)

    @property
    def progress(self) -> float:
        """Share of the planned updates that is done, 0 to 1."""
        return min(self.updates / self.steps, 1.0)

    def end_update(self, **metrics: Tensor | float) -> dict[str, float]:
        """Count the update and set the next one's learning rates; gives the metrics."""
        self.updates += 1
        self._set_rates()
        return {k: v.item() if isinstance(v, Tensor) else v for k, v in metrics.items()}

    def _set_rates(self) -> None:
        for optimizer, curve in self._curves:
            share = curve(self.updates, self.steps)
            for group in optimizer.param_groups:
                group["lr"] = optimizer.defaults["lr"] * share

    def state_dict(self) -> dict[str, Any]:
        """Every part's state, and the updates done."""
        return {**states(self._parts), "updates": self.updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        load_states(self._parts, state)
        self.updates = int(state["updates"])


class Training(Learning, ABC, Generic[Net]):
    """A distiller but for its `update`, which calls `descend`, then `end_update`.

    Args:
        teacher: Any teacher. It is only read.
        student: What is trained; its average, made here, is what acts.
        run: Updates planned, source of chance, and how to take a step.
        train_encoder: Whether the student's encoder learns, too. Frozen, it is the
            teacher's, and an update encodes once.
        decay: Of the average.
    """

    optimizer: torch.optim.Optimizer
    """Of the student, for `descend`."""

    def __init__(
        self,
        teacher: Teacher,
        student: Net,
        run: Run,
        train_encoder: bool = False,
        decay: Decay = last_tenth,
    ) -> None:
        super().__init__(run)
        self.teacher = teacher
        self.student = student
        self.train_encoder = train_encoder
        if train_encoder:
            cast(nn.Module, cast(Any, student).spaces).requires_grad_(True)
        else:
            freeze_encoder(getattr(student, "net", student))
        self.keep("student", student)
        self.average = self.keep("average", averaged(student, decay))
        self.keep("generator", self.generator)

    @property
    def policy(self) -> Net:
        """The student with averaged weights."""
        return cast(Net, self.average.module)

    def conds(self, obs: Obs) -> tuple[Tensor, Tensor]:
        """The student's conditions and the teacher's, (B, C) each."""
        with torch.no_grad():
            cond = self.teacher.encode(obs)
        return self.own_cond(obs, cond), cond

    def own_cond(self, obs: Obs, cond: Tensor) -> Tensor:
        """The student's conditions, by its encoder as it stands: once per descent.

        Args:
            obs: Observations, each (B, n_obs, ...).
            cond: The teacher's conditions (B, C), which a frozen encoder shares.
        """
        if not self.train_encoder:
            return cond
        return cast(Spaces, cast(Any, self.student).spaces).encode(obs)

    def normal(self, like: Tensor) -> Tensor:
        """Standard normal numbers of a tensor's shape, type and device."""
        return standard_normal(like, self.generator)

    def noise(self, cond: Tensor) -> Tensor:
        """What one decision per condition takes, (B, *`Policy.noise`)."""
        shape = cast(Any, self.student).noise
        return self.normal(cond.new_empty(len(cond), *shape))

    def draw_times(self, t_range: tuple[float, float], n: int) -> Tensor:
        """Times (n,) of the teacher's domain, uniformly from that part of it."""
        return self.teacher.schedule.domain.at(uniform(n, self.generator, *t_range))

    @abstractmethod
    def update(self, batch: Batch) -> dict[str, float]:
        """Learn from one batch; see `onehop_interfaces.Distiller`."""

    def descend(self, loss: Tensor) -> None:
        """One step of the student down the scalar loss, and into the average."""
        self.minimise(loss, self.optimizer)
        self.average.update_parameters(self.student)

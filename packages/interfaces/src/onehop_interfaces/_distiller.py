"""Distillers: anything that turns batches of experience into a better policy.

The training loop knows nothing else of a method: it draws a batch, calls `update`,
writes the metrics down, and from time to time saves the state. Training a teacher fits
the same protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ._policy import Obs, Policy, Student
from ._teacher import Teacher

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .learning import Run

__all__ = ["Batch", "Distiller", "Minimise", "Recipe", "StudentDistiller", "minimise"]


@dataclass(frozen=True)
class Batch:
    """Windows of demonstrations, in the environment's units.

    Attributes:
        obs: Observations, each (B, n_obs, ...).
        actions: What the demonstrator did, (B, H, A), at these observations in row
            `Signature.now` of them.
    """

    obs: Obs
    actions: Tensor

    def __len__(self) -> int:
        """B."""
        return len(self.actions)

    def __getitem__(self, rows: Tensor) -> Batch:
        """The windows of these numbers."""
        obs = {name: frames[rows] for name, frames in self.obs.items()}
        return Batch(obs, self.actions[rows])


class Minimise(Protocol):
    """Take one optimiser step down a loss.

    Distillers take this as an argument, so that a launcher can put mixed precision and
    the averaging of gradients over processes inside it.
    """

    def __call__(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Differentiate the scalar loss and step the optimiser once."""
        ...


def minimise(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """The plain `Minimise`: one process, full precision."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


class Distiller(Protocol):
    """One method at work."""

    @property
    def policy(self) -> Policy:
        """The policy as it stands, ready to act (averaged weights where kept)."""
        ...

    def update(self, batch: Batch) -> Mapping[str, float]:
        """Learn from one batch; the metrics are named floats, the loss among them."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs to go on bit for bit.

        Nested dicts and lists of tensors, numbers, strings, booleans and None;
        networks, averages, optimisers, schedules and random generators included.
        """
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        ...


class StudentDistiller(Distiller, Protocol):
    """A distiller whose policy can be written down."""

    @property
    def policy(self) -> Student:
        """The student as it stands."""
        ...


class Recipe(Protocol):
    """A method's settings as data, and the distiller they make.

    A recipe is a frozen dataclass with a default and a line of explanation per field;
    a command line can be made from it, and a record of the run written with it.
    """

    def distiller(self, teacher: Teacher, run: Run) -> StudentDistiller:
        """The distiller, ready for its first update.

        Args:
            teacher: Any teacher, on the device of the run's generator; only read.
            run: What the distiller is told of the run.
        """
        ...

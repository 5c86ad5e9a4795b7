"""Options that commands share: which policy, how it chooses, when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import tyro

from onehop_interfaces import BadInput
from onehop_interfaces.options import Positive, Seed, Size, Workers, check_options

from ._arrival import Tolerance
from ._choice import ByPlanner, Choice, Stored, StraightOn
from ._score import Weights

__all__ = ["Arm", "Choosing", "Flown"]

Arm: TypeAlias = Literal["mujoco", "kinematic"]


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """How policies choose, and when an episode is over."""

    candidates: Size = 64
    """How many plans of a policy there are to choose among."""
    weights: Weights = field(default_factory=Weights)
    """What counts how much in choosing."""
    steps: Size | None = None
    """Steps of a teacher, by DDIM; without it all of them."""
    threads: Workers = 1
    """Of the processor that a decision may use."""
    device: str = "cpu"
    """Where checkpoints compute: cpu, cuda, ..."""
    near: Positive = 0.01
    """How far the tool may be from the goal, at rest, when it has arrived [m]."""
    seconds: Positive = 60.0
    """How long it may take [s]."""
    seed: Seed = 500_000
    """Of the problem, or the first of several, and of the policy's noise."""

    @property
    def ends(self) -> Tolerance:
        """When it is over."""
        return Tolerance(self.near, self.seconds)

    def stored(self, path: Path) -> Stored:
        """The policy at a path."""
        return Stored(path, self.candidates, self.threads, self.steps, self.device)


@dataclass(frozen=True, kw_only=True)
class Flown(Choosing):
    """Which policy."""

    policy: tyro.conf.Positional[Path | None] = None
    """An ONNX file, or the folder of a student or a teacher, or of its checkpoint."""
    planner: bool = False
    """No network: the planner's path."""
    straight: bool = False
    """No network: straight to the goal, whatever is in the way."""

    @property
    def choice(self) -> Choice:
        """The policy.

        Raises:
            BadInput: if none is named, or several.
        """
        asked = [
            self.stored(self.policy) if self.policy is not None else None,
            ByPlanner() if self.planner else None,
            StraightOn() if self.straight else None,
        ]
        named = [each for each in asked if each is not None]
        if len(named) != 1:
            raise BadInput(
                "policy: expected one of a path, --planner and --straight, "
                f"got {len(named)}"
            )
        return named[0]

    def check(self) -> None:
        """Refuse what could only fail later.

        Raises:
            BadInput: naming the option.
        """
        check_options(self)
        if self.policy is not None and not self.policy.exists():
            raise BadInput(f"{self.policy}: expected a policy, found none")

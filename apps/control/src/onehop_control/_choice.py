"""Which policy moves the arm: stored, planned, or straight ahead.

A *choice* makes a proposer of a problem and a seed. It can be handed to another
process, where what it takes is loaded, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from onehop_kinova_driver import GRIPPER, Body, Workspace

from ._candidates import Situation
from ._pilot import Pilot, Proposer
from ._planned import Planned
from ._policies import contents_sha256, load
from ._problem import Problem, path_of
from ._sampled import Sampled
from ._score import Hand, Weights
from ._straight import Straight

__all__ = ["ByPlanner", "Choice", "Stored", "StraightOn", "pilot_of"]

_loaded = lru_cache(maxsize=16)(load)
"""A policy is loaded once in a process."""


class Choice(ABC):
    """A policy."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What tables call it."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Other for another policy, or one that is used in another way."""

    @abstractmethod
    def proposer(self, problem: Problem, seed: int) -> Proposer:
        """What there is to choose among in a problem.

        Args:
            problem: What is to be done.
            seed: Of all chance.

        Raises:
            BadInput: if it cannot be had.
        """


@dataclass(frozen=True)
class Stored(Choice):
    """A policy of a file or a folder.

    Attributes:
        path: Where it is.
        candidates: How many plans there are to choose among.
        threads: Of the processor that a decision may use.
        steps: A teacher's, by DDIM; all of them by DDPM if None.
        device: Where checkpoints compute.
    """

    path: Path
    candidates: int = 64
    threads: int = 1
    steps: int | None = None
    device: str = "cpu"

    @property
    def name(self) -> str:
        """The last part of its path, without "checkpoint"."""
        path = self.path.resolve()
        return path.parent.name if path.name == "checkpoint" else path.stem

    @property
    def identity(self) -> str:
        """SHA-256 of what is stored, and how it is used."""
        used = f"{self.candidates} {self.threads} {self.steps} {self.device}"
        return f"{contents_sha256(self.path)} {used}"

    def proposer(self, problem: Problem, seed: int) -> Proposer:
        """Its candidates."""
        policy = _loaded(self.path, self.threads, self.steps, self.device)
        return Sampled(policy, problem.goal, problem.scene, self.candidates, seed)


@dataclass(frozen=True)
class ByPlanner(Choice):
    """The planner's path."""

    @property
    def name(self) -> str:
        """That of tables."""
        return "planner"

    @property
    def identity(self) -> str:
        """The same."""
        return self.name

    def proposer(self, problem: Problem, seed: int) -> Proposer:
        """The path, planned now."""
        return Planned(path_of(problem))


@dataclass(frozen=True)
class StraightOn(Choice):
    """Straight to the goal."""

    @property
    def name(self) -> str:
        """That of tables."""
        return "straight"

    @property
    def identity(self) -> str:
        """The same."""
        return self.name

    def proposer(self, problem: Problem, seed: int) -> Proposer:
        """The straight line."""
        return Straight(problem.goal)


def pilot_of(
    choice: Choice, problem: Problem, seed: int, weights: Weights, box: Workspace
) -> Pilot:
    """A pilot that decides by a choice.

    Args:
        choice: Which policy.
        problem: What is to be done.
        seed: Of all chance.
        weights: Of its candidates' scores.
        box: What the tool stays in.

    Raises:
        BadInput: if the policy cannot be had.
    """
    hand = Hand(*Body(GRIPPER).hand(GRIPPER.frames(problem.start)))
    there = Situation(problem.goal, problem.scene, hand, box)
    return Pilot(choice.proposer(problem, seed), there, weights)

"""Studies: a task, a teacher and its data, and how long each method may take.

A method that a study does not name gets `Budget()`. All settings were chosen on
validation starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ._choice import Choice
from ._task import Task

__all__ = ["Budget", "Group", "Study"]


class Group(NamedTuple):
    """Where a study belongs that is one of many alike, which are reported together.

    Attributes:
        family: Name of the many, which stands for all of them, e.g. "metaworld".
        part: In which part of the family, e.g. "easy"; empty if it has no parts.
    """

    family: str
    part: str = ""


@dataclass(frozen=True)
class Budget:
    """How long a method is trained, and how.

    Attributes:
        steps: Updates.
        more: Words of `onehop-train` that differ from the method's defaults.
        pairs: Pairs of noise and chunk that it learns from, written once for all that
            want as many; 0 for none.
        seeds: Training seeds at most; one, where a row is too far below the others for
            more to decide anything; None for as many as one asks for.
    """

    steps: int = 1_000
    more: tuple[str, ...] = ()
    pairs: int = 0
    seeds: int | None = None


@dataclass(frozen=True)
class Study:
    """What is the same for all methods, and what each is given.

    Attributes:
        name: Of the study, and of its folder.
        about: One line.
        task: What is done.
        data: Where the demonstrations are, given the file of human ones; None if they
            are to be collected.
        collect: How many are collected.
        states: Where recorded episodes are that are to be drawn, if that is how.
        policies: Where the file of those who show how is, if there is one; it need not
            be at hand.
        teacher: Where a trained teacher is; None if one is to be taught.
        teach: How one is taught.
        conditions: Whether students learn from what the teacher encodes, written once;
            worth it where pictures are seen.
        starts: The sets of starts that are reported, and how many of each.
        critic: How a critic is taught, if one is to choose among plans.
        returns: How a return classifier is, likewise; pairs are then weighed by it.
        pairs: Words of `onehop-train pairs` that differ from its defaults.
        choices: How policies come by the plan that they carry out, a table for each.
        budgets: Method -> its budget.
        group: The family it belongs to, and in which part; None for a study by itself.
        needs: A module that is not in the default environment, and without which the
            study is nobody's default; empty for none.
    """

    name: str
    about: str
    task: Task
    data: Callable[[Path], Path] | None = None
    collect: int = 800
    states: Callable[[], Path] | None = None
    policies: Callable[[], Path] | None = None
    teacher: Callable[[], Path] | None = None
    teach: Budget = field(default_factory=Budget)
    conditions: bool = False
    starts: Mapping[str, int] = field(default_factory=lambda: {"test": 200})
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    critic: Budget | None = None
    returns: Budget | None = None
    pairs: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = (Choice(),)
    group: Group | None = None
    needs: str = ""

    def budget(self, method: str) -> Budget:
        """What a method is given."""
        return self.budgets.get(method, Budget())

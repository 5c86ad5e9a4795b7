"""Studies: a task, a teacher and its data, and how long each method may take.

    pusht      the zoo's planner demonstrations; a teacher taught for 8,000 updates
               only, so that its single step is clearly worse than ten
    avoiding   the zoo's demonstrations and teacher: 24 ways past six cylinders
    human      Diffusion Policy's human demonstrations of Push-T, where they are at
               hand; a short teacher again, half of pusht's updates for every method

A method that a study does not name gets `Budget()`. All settings were chosen on
validation starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import onehop_zoo

__all__ = ["STUDIES", "Budget", "Study"]


@dataclass(frozen=True)
class Budget:
    """How long a method is trained, and how.

    Attributes:
        steps: Updates.
        more: Words of `onehop-train` that differ from the method's defaults.
    """

    steps: int = 1_000
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """What is the same for all methods, and what each is given.

    Attributes:
        name: Of the study, and of its folder.
        task: Of `onehop-evaluate`.
        data: Where the demonstrations are, given the folder of human ones.
        teacher: Where a trained teacher is; None if one is to be taught.
        teach: How one is taught.
        starts: The set of starts that is reported.
        episodes: How many of them at most.
        budgets: Method -> its budget.
    """

    name: str
    task: str
    data: Callable[[Path], Path]
    teacher: Callable[[], Path] | None = None
    teach: Budget = field(default_factory=Budget)
    starts: str = "test"
    episodes: int = 200
    budgets: Mapping[str, Budget] = field(default_factory=dict)

    def budget(self, method: str) -> Budget:
        """What a method is given."""
        return self.budgets.get(method, Budget())


_FAST = ("--lr", "1e-3")
_SCORES = ("--lr", "1e-4", "--score-lr", "1e-4")
_PAIRS = (*_FAST, "--passes", "6")
# Of the largest networks here: wide, and of a fixed spread where chunks are smooth (a
# full covariance then learns the smoothness instead of the mean).
_FIXED = (*_FAST, "--batch-size", "128", "--width", "512", "--mean-bound", "0.5")
_FULL = (*_FAST, "--batch-size", "64", "--init-std", "1", "--mean-bound", "0.5")
_VDD = ("--draws", "1", "--expert-steps", "1", "--from-data")

PUSHT = Study(
    name="pusht",
    task="pusht",
    data=lambda human: onehop_zoo.path("pusht-planner"),
    teach=Budget(8_000),
    budgets={
        "sds": Budget(2_000),
        "sdm": Budget(2_500),
        "onedp": Budget(1_500, ("--lr", "5e-5", "--score-lr", "5e-5")),
        "oneflow": Budget(600, ("--lr", "3e-4")),
        "meanflow": Budget(1_500),
        "vdd": Budget(
            7_000,
            (
                *(*_FIXED, "--std", "0.3", "--experts", "4"),
                *(*_VDD, "0.6", "--t-range", "0.05", "0.25"),
            ),
        ),
        "em": Budget(4_000, (*_FIXED, "--std", "0.5")),
        "imc": Budget(4_000, (*_FIXED, "--std", "0.5")),
        "dnk": Budget(700, _PAIRS),
        "kdm": Budget(400, _PAIRS),
        "kdm-f": Budget(400, _PAIRS),
        "cd": Budget(900),
        "ct": Budget(2_000, ("--lr", "5e-4")),
        "ctm": Budget(700),
        "lcm": Budget(1_500),
    },
)
AVOIDING = Study(
    name="avoiding",
    task="avoiding",
    data=lambda human: onehop_zoo.path("avoiding-demonstrations"),
    teacher=lambda: onehop_zoo.path("avoiding-teacher"),
    budgets={
        "sds": Budget(3_000),
        "sdm": Budget(6_000, _SCORES),
        "onedp": Budget(3_000, _SCORES),
        "oneflow": Budget(1_200, ("--lr", "5e-4")),
        "meanflow": Budget(4_000, ("--lr", "3e-4")),
        "vdd": Budget(8_000, (*_FULL, *_VDD, "0.5", "--t-range", "0.1", "0.4")),
        "em": Budget(6_000, _FULL),
        "imc": Budget(4_000, (*_FULL, "--std", "0.5")),
        "dnk": Budget(600, _PAIRS),
        "kdm": Budget(400, _PAIRS),
        "kdm-f": Budget(400, _PAIRS),
        "cd": Budget(3_000, ("--lr", "2e-4")),
        "ct": Budget(4_000, ("--lr", "5e-4")),
        "ctm": Budget(1_500, ("--lr", "2e-4")),
        "lcm": Budget(4_000, ("--lr", "2e-4")),
    },
)
HUMAN = Study(
    name="human",
    task="pusht",
    data=lambda human: human,
    teach=Budget(6_000, ("--jitter", "3", "--mirror")),
    starts="paper",
    episodes=50,
    budgets={
        method: Budget(budget.steps // 2, budget.more)
        for method, budget in PUSHT.budgets.items()
    },
)

STUDIES: Mapping[str, Study] = {s.name: s for s in (PUSHT, AVOIDING, HUMAN)}
"""Every study by name."""

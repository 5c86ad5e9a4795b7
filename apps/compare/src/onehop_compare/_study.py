"""Studies: a task, a teacher and its data, and how long each method may take.

    pusht      the zoo's planner demonstrations; a teacher taught for 8,000 updates
               only, so that its single step is clearly worse than ten
    avoiding   the zoo's demonstrations and teacher: 24 ways past six cylinders
    human      Diffusion Policy's human demonstrations of Push-T, where they are at hand

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


PUSHT = Study(
    name="pusht",
    task="pusht",
    data=lambda human: onehop_zoo.path("pusht-planner"),
    teach=Budget(8_000),
)
AVOIDING = Study(
    name="avoiding",
    task="avoiding",
    data=lambda human: onehop_zoo.path("avoiding-demonstrations"),
    teacher=lambda: onehop_zoo.path("avoiding-teacher"),
)
HUMAN = Study(
    name="human",
    task="pusht",
    data=lambda human: human,
    teach=Budget(12_000, ("--jitter", "3", "--mirror")),
    starts="paper",
    episodes=50,
)

STUDIES: Mapping[str, Study] = {s.name: s for s in (PUSHT, AVOIDING, HUMAN)}
"""Every study by name."""

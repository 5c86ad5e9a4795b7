"""Where evaluation begins: named sets of starts that do not overlap.

    paper         100000 ... 100049    Diffusion Policy's 50 starts of Push-T
    validation    400000 ... 499999    for every choice made while developing
    test          500000 ... 599999    for the numbers that are reported
    (training     1000000 and above    seeds of demonstrations, never evaluated on)

A start is a seed for the environment. No choice (of a checkpoint, a sampler or a
constant) may look at `test`: the numbers it gives are then fair, and reported from one
pass over it. `paper` uses the start states that Diffusion Policy's own evaluation
draws from these seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from onehop_interfaces import BadInput

__all__ = ["Options", "Start", "Starts", "to_choose_and_report"]

Options: TypeAlias = Mapping[str, Any]
"""For an environment's `reset`, JSON values."""


@dataclass(frozen=True)
class Start:
    """How one episode begins.

    Attributes:
        seed: For `reset`.
        options: For `reset`.
    """

    seed: int
    options: Options | None = None


@dataclass(frozen=True)
class Starts:
    """A range of seeds, used from the first on.

    Attributes:
        name: As said on the command line and beside every number.
        first: The first seed.
        count: How many starts a full evaluation uses.
        most: How many seeds belong to the set.
        options: Of a seed, for `reset`.
    """

    name: str
    first: int
    count: int
    most: int
    options: Callable[[int], Options | None] = lambda seed: None

    def take(self, episodes: int | None) -> tuple[Start, ...]:
        """The first `episodes` starts (None: the full evaluation).

        Raises:
            BadInput: if there are not as many, or too few for an interval.
        """
        n = self.count if episodes is None else episodes
        if not 2 <= n <= self.most:
            raise BadInput(
                f"--episodes: expected 2 to {self.most} for the starts "
                f"{self.name!r}, got {n}"
            )
        seeds = range(self.first, self.first + n)
        return tuple(Start(seed, self.options(seed)) for seed in seeds)


def to_choose_and_report(count: int) -> dict[str, Starts]:
    """The sets that every task has, "test" and "validation", of as many starts."""
    return {
        "test": Starts("test", 500_000, count, 100_000),
        "validation": Starts("validation", 400_000, count, 100_000),
    }

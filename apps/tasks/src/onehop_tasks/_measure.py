"""What is measured of an episode.

After every step something is measured: the coverage of Push-T's goal, say. An outcome
is a number made of the values c_1, ..., c_T of an episode of T steps; the start itself
does not count:

    maximum = max_i c_i                 the "max coverage" of the papers
    mean    = (c_1 + ... + c_T) / T     over the steps taken: an episode that reaches
                                        the goal ends there, and is not held there
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["SUCCESS", "Measure", "Outcome", "Values", "maximum", "mean"]

Values: TypeAlias = NDArray[np.float64]
"""What was measured after each step of an episode, (T,)."""


class Outcome(NamedTuple):
    """A number that an episode comes to.

    Attributes:
        title: What tables call it.
        of: Makes it.
    """

    title: str
    of: Callable[[Values], float]


@dataclass(frozen=True)
class Measure:
    """What is measured after every step, and what an episode comes to.

    Attributes:
        title: What is measured.
        of: (reward, info of a step) -> the value.
        outcome: By which policies are compared.
        others: Shown beside it.
        goal: The value at which the goal is reached, if there is one.
        digits: Behind the point, that tables show of outcomes.
        by_success: Whether policies are compared by success first, and not by outcome.
    """

    title: str
    of: Callable[[float, Mapping[str, Any]], float]
    outcome: Outcome
    others: tuple[Outcome, ...] = ()
    goal: float | None = None
    digits: int = 3
    by_success: bool = True


def maximum(title: str) -> Outcome:
    """The greatest value."""
    return Outcome(f"max {title}", lambda values: float(values.max()))


def mean(title: str) -> Outcome:
    """The mean over the steps taken."""
    return Outcome(f"mean {title}", lambda values: float(values.mean()))


SUCCESS = Measure(
    "success",
    lambda reward, info: float(info["is_success"]),
    maximum("success"),
    goal=1.0,
)
"""Of tasks that are done or not, at any step."""

"""Options: numbers from outside, and what each of them may be.

A rule stands in the annotation of the field that it is about,

    lr: Positive = 1e-4

and `check_options` holds a dataclass of settings, and those inside it, to all of them.
Whatever its rule, no number may be NaN or infinite. Types and Optional are for who
reads the dataclass: None is no number and always passes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, TypeAlias, get_args, get_type_hints

from ._errors import BadInput

__all__ = [
    "Count",
    "Decay",
    "Decays",
    "Fractions",
    "NonNegative",
    "Positive",
    "Rows",
    "Rule",
    "Seed",
    "Share",
    "Size",
    "Workers",
    "between",
    "check_options",
]


@dataclass(frozen=True)
class Rule:
    """What a value may be.

    Attributes:
        expects: The same in words, after "expected".
        holds: Whether a value keeps to it.
    """

    expects: str
    holds: Callable[[Any], bool]


def between(low: int, high: int) -> Rule:
    """The rule of a number between two bounds, both included."""
    return Rule(f"{low} to {high}", lambda value: low <= value <= high)


GREATEST = 1e6
"""Of numbers without a bound of their own: their products stay finite in float32."""

Positive: TypeAlias = Annotated[
    float, Rule(f"above 0, at most {GREATEST:g}", lambda x: 0 < x <= GREATEST)
]
"""A learning rate, a spread, a temperature."""
NonNegative: TypeAlias = Annotated[
    float, Rule(f"0 to {GREATEST:g}", lambda x: 0 <= x <= GREATEST)
]
"""The weight of a term, the strength of a noise that may be off."""
Share: TypeAlias = Annotated[float, between(0, 1)]
"""A part of a whole."""
Decay: TypeAlias = Annotated[
    float, Rule("at least 0 and below 1", lambda x: 0 <= x < 1)
]
"""Of an average: at 1 it would keep its start for ever."""
Decays: TypeAlias = Annotated[
    tuple[float, float],
    Rule("two numbers, at least 0 and below 1", lambda d: 0 <= min(d) <= max(d) < 1),
]
"""Adam's betas."""
Fractions: TypeAlias = Annotated[
    tuple[float, float],
    Rule("fractions low <= high", lambda pair: 0 <= pair[0] <= pair[1] <= 1),
]
"""A part of a domain."""
Count: TypeAlias = Annotated[int, between(1, 99_999_999)]
"""Updates, pairs: what is counted with at most eight digits."""
Rows: TypeAlias = Annotated[int, between(1, 65_536)]
"""Examples that are in memory at a time."""
Size: TypeAlias = Annotated[int, between(1, 8_192)]
"""Units, layers, calls of a network: what takes memory or time in powers."""
Workers: TypeAlias = Annotated[int, between(1, 1024)]
"""Threads or processes; a hundred thousand of either end in a crash."""
Seed: TypeAlias = Annotated[int, between(0, 2**64 - 1)]
"""What a generator of torch can start from."""


def check_options(settings: Any) -> None:
    """Refuse numbers that make no sense.

    Args:
        settings: A dataclass; those among its fields are looked at as well.

    Raises:
        BadInput: naming the option as a command line has it.
    """
    hints = get_type_hints(type(settings), include_extras=True)
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            check_options(value)
        elif value is not None:
            _check(field.name, value, hints[field.name])


def _check(name: str, value: Any, hint: Any) -> None:
    parts = value if isinstance(value, tuple) else (value,)
    finite = all(isfinite(part) for part in parts if isinstance(part, float))
    rules = [*_rules(hint), Rule("a finite number", lambda _: finite)]
    for rule in rules:
        if not rule.holds(value):
            came = " ".join(str(part) for part in parts)
            option = name.replace("_", "-")
            raise BadInput(f"--{option}: expected {rule.expects}, got {came}")


def _rules(hint: Any) -> Iterator[Rule]:
    """Those anywhere in an annotation."""
    if isinstance(hint, Rule):
        yield hint
    for part in get_args(hint):
        yield from _rules(part)

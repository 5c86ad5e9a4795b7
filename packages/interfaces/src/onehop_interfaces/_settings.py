"""Settings from outside, such as those of a config.json: checked one by one.

JSON has seven kinds of values, and any of them may stand where a number is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from ._errors import BadInput

__all__ = ["number", "settings", "whole"]


def settings(
    value: object,
    what: str,
    names: Collection[str],
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The settings of these names, all of them and no others.

    Args:
        value: What came from outside.
        what: What it is called, e.g. "student config".
        names: The names there are.
        defaults: Further ones, which may be missing, and what they then are.

    Raises:
        BadInput: if it is no object of just these.
    """
    spare = dict(defaults or {})
    if not isinstance(value, Mapping) or set(value) - set(spare) != set(names):
        came = sorted(value) if isinstance(value, Mapping) else repr(value)
        known = sorted({*names, *spare})
        raise BadInput(f"{what}: expected {known}, got {came!s:.200}")
    return {**spare, **value}


def whole(value: object, what: str, low: int, high: int) -> int:
    """A whole number between two bounds, both included.

    Raises:
        BadInput: if it is none.
    """
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    expected = f"a whole number from {low} to {high}"
    raise BadInput(f"{what}: expected {expected}, got {value!r:.200}")


def number(value: object, what: str) -> float:
    """A finite number.

    Raises:
        BadInput: if it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{what}: expected a number, got {value!r:.200}")
    if not math.isfinite(value):
        raise BadInput(f"{what}: expected a finite number, got {value}")
    return value

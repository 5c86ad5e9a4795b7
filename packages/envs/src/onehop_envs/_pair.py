"""Two finite numbers from outside: an action or a position in the plane."""

from __future__ import annotations

from math import isfinite, nan
from typing import Any

from onehop_interfaces import BadInput

__all__ = ["finite_pair"]


def finite_pair(name: str, value: Any) -> tuple[float, float]:
    """The two numbers that `value` holds.

    Raises:
        BadInput: calling the value by `name`, if it is anything else.
    """
    try:
        x, y = map(float, value)
    except (TypeError, ValueError):
        x = y = nan
    if not (isfinite(x) and isfinite(y)):
        came = " ".join(repr(value).split())
        raise BadInput(f"{name}: expected two finite numbers, got {came}")
    return x, y

"""Numbers as tables have them; a dash for what is not there."""

from __future__ import annotations

from math import isfinite

__all__ = ["mm", "ms", "s"]


def mm(metres: float) -> str:
    """Metres as millimetres."""
    return f"{1e3 * metres:.1f}" if isfinite(metres) else "-"


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{1e3 * seconds:.2f}" if isfinite(seconds) else "-"


def s(seconds: float) -> str:
    """Seconds."""
    return f"{seconds:.2f}" if isfinite(seconds) else "-"

"""Absolute deadlines: points t_0 + k T, of which those that are over are left out."""

from __future__ import annotations

from math import ceil

__all__ = ["Grid"]


class Grid:
    """A grid of times.

    Args:
        start: t_0 [s].
        period: T [s].
    """

    def __init__(self, start: float, period: float) -> None:
        self._start, self._period, self._k = start, period, 0

    @property
    def next(self) -> float:
        """The next point [s]."""
        return self._start + self._k * self._period

    def passed(self, now: float) -> int:
        """Go on to the first point that is not over at a time [s]; how many were.

        The one that was the next counts as kept, not as over.
        """
        over = max(0, ceil((now - self.next) / self._period - 1e-9) - 1)
        self._k += over + 1
        return over

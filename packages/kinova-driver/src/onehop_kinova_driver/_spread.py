"""How numbers are spread, in memory that does not grow: counts in bins.

The bins of a decade are equally wide in the logarithm, 20 to a decade: a quantile is
right to 12 %. What is below a microsecond counts as one.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import log10

__all__ = ["Spread"]

PER_DECADE = 20
LEAST, DECADES = 1e-6, 8


class Spread:
    """Durations [s]."""

    def __init__(self) -> None:
        self._counts = [0] * (PER_DECADE * DECADES + 1)
        self.n = 0
        self.most = 0.0

    def add(self, x: float) -> None:
        """Count one."""
        place = PER_DECADE * log10(max(x, LEAST) / LEAST)
        self._counts[min(int(place), len(self._counts) - 1)] += 1
        self.n += 1
        self.most = max(self.most, x)

    def quantile(self, p: float) -> float:
        """What the share p of them is at most [s]; 0 if there are none."""
        if not self.n:
            return 0.0
        sums = list(accumulate(self._counts))
        place = bisect_left(sums, max(1.0, p * self.n))
        return min(self.most, LEAST * float(10 ** ((place + 1) / PER_DECADE)))

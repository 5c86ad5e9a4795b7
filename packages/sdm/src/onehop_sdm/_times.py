"""Where on the schedule the scores are compared: a distribution of t.

Any (domain, u) -> t will do, with u (B,) uniform in [0, 1):

* `Uniform`: between two fractions of the domain. OneDP: [2, 95] of 0..99.
* `DDIMTimes`: the n times of a DDIM sampler, all equally likely. SDM's code has ten,
  9, 19, ..., 99 of 0..99, and so never looks at a chunk with less noise than t = 9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from onehop_interfaces import BadInput, Domain

__all__ = ["DDIMTimes", "DrawT", "Uniform"]

DrawT: TypeAlias = Callable[[Domain, Tensor], Tensor]
"""(domain, u in [0, 1)) -> t, both (B,)."""


@dataclass(frozen=True)
class Uniform:
    """Uniform between two fractions of the domain.

    Attributes:
        low: The cleaner end.
        high: The noisier end.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            came = f"{self.low:g} to {self.high:g}"
            raise BadInput(f"t_range: expected fractions low <= high, got {came}")

    def __call__(self, domain: Domain, u: Tensor) -> Tensor:
        """t for every u, (B,)."""
        return domain.at(self.low + (self.high - self.low) * u)


@dataclass(frozen=True)
class DDIMTimes:
    """Uniform over a DDIM sampler's times.

    Attributes:
        steps: How many there are.
    """

    steps: int = 10

    def __call__(self, domain: Domain, u: Tensor) -> Tensor:
        """t for every u, (B,)."""
        return u.new_tensor(domain.grid(self.steps))[(u * self.steps).long()]

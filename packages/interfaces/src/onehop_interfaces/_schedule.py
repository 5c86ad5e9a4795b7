"""Noise schedules: x_t = alpha_t x + sigma_t eps.

A schedule is a function of time, t -> (alpha_t, sigma_t), together with the times it
is defined on. That pair covers

* discrete variance-preserving tables (DDPM): t = 0, 1, ..., T - 1;
* continuous variance-preserving schedules: alpha_t^2 + sigma_t^2 = 1;
* variance-exploding schedules (EDM): alpha_t = 1, sigma_t grows.

Time runs from clean (`t_min`) to noise (`t_max`) and is laid out so that equal steps
in t are sensible steps of the method; an EDM schedule takes t in [0, 1] through its
rho-spaced sigmas, not sigma itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ._errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Domain", "Schedule"]


@dataclass(frozen=True)
class Domain:
    """The times of a schedule.

    Attributes:
        t_min: The cleanest time.
        t_max: The noisiest time.
        steps: T, if only the integers t_min, ..., t_max = t_min + T - 1 are times;
            None if every real number between them is.
    """

    t_min: float
    t_max: float
    steps: int | None = None

    def at(self, u: Tensor) -> Tensor:
        """The time that lies the fraction u in [0, 1] of the way to the noise."""
        t = self.t_min + u * (self.t_max - self.t_min)
        return t if self.steps is None else t.round()

    def at_most(self, n: int) -> int:
        """n, or T where there are fewer times than that."""
        return n if self.steps is None else min(n, self.steps)

    def grid(self, n: int) -> list[float]:
        """n times from t_max downwards, for a sampler that ends at clean data.

        Discrete: every (T/n)-th step, t_max first ("trailing" in diffusers, and
        T/n-1 last). Continuous: evenly from t_max to t_min, both included. Every path
        here follows it unless told otherwise; Diffusion Policy and LeRobot follow
        `leading_grid`.
        """
        self._check(n)
        if self.steps is not None:
            return [
                self.t_min + round(self.steps * (n - i) / n) - 1.0 for i in range(n)
            ]
        width = self.t_max - self.t_min
        return [self.t_max - width * i / max(n - 1, 1) for i in range(n)]

    def leading_grid(self, n: int) -> list[float]:
        """n times that end at t_min instead of beginning at t_max.

        Discrete: every floor(T/n)-th step, t_min last ("leading" in diffusers, its
        default, with no offset). Continuous: evenly, t_min included and t_max not. The
        first time still holds signal, of which the noise there has none: .14 of it in
        ten steps of DDPM's table. One step is at t_min, and no sample of anything.
        """
        self._check(n)
        step = self.steps // n if self.steps else (self.t_max - self.t_min) / n
        return [float(self.t_min + step * i) for i in reversed(range(n))]

    def _check(self, n: int) -> None:
        if n < 1 or (self.steps is not None and n > self.steps):
            limit = f"1 to {self.steps}" if self.steps else "at least 1"
            raise BadInput(f"sampling steps: expected {limit}, got {n}")


class Schedule(Protocol):
    """t -> (alpha_t, sigma_t)."""

    @property
    def domain(self) -> Domain:
        """The times the schedule is defined on."""
        ...

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """The signal and noise levels at t, each of t's shape (usually (B,))."""
        ...

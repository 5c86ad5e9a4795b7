"""Continuous noise schedules, x_t = alpha_t x + sigma_t eps with eps ~ N(0, 1).

* `Cosine`: variance-preserving, alpha_t = cos(pi t / 2), sigma_t = sin(pi t / 2).
* `Flow`: a straight line from x to eps, alpha_t = 1 - t, sigma_t = t.
* `EDM`: variance-exploding, alpha_t = 1 and, for t in [0, 1],

      sigma_t = (sigma_min^(1/rho) + t (sigma_max^(1/rho) - sigma_min^(1/rho)))^rho,

  so that equal steps in t are Karras' steps.

Levels come in the type and on the device of t. Tables of integer times are in `_betas`.

References:
    | Flow Matching for Generative Modeling (Lipman et al., 2023), section 4.1
    | https://arxiv.org/abs/2210.02747
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), equation 5 | https://arxiv.org/abs/2206.00364
"""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Domain

__all__ = ["EDM", "Cosine", "Flow"]


def _check_ends(kind: str, t_min: float, t_max: float) -> None:
    """Refuse times at or beyond 0 and 1, where a level is 0."""
    if not 0 < t_min < t_max < 1:
        raise BadInput(
            f"{kind}: expected 0 < t_min < t_max < 1, got t_min {t_min}, t_max {t_max}"
        )


@final
@dataclass(frozen=True)
class Cosine:
    """Continuous variance-preserving schedule on a quarter of the circle.

    Attributes:
        t_min: The cleanest time, above 0.
        t_max: The noisiest time, below 1, where no signal would be left.
    """

    t_min: float = 1e-3
    t_max: float = 1 - 1e-3

    def __post_init__(self) -> None:
        _check_ends("Cosine", self.t_min, self.t_max)

    @property
    def domain(self) -> Domain:
        """The reals from t_min to t_max."""
        return Domain(self.t_min, self.t_max)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Levels at t (B,)."""
        return torch.cos(t * math.pi / 2), torch.sin(t * math.pi / 2)


@final
@dataclass(frozen=True)
class Flow:
    """The straight line of flow matching, from data at 0 to noise at 1.

    A policy whose line runs the other way has this schedule too, and another time:
    see `flow_convention`.

    Attributes:
        t_min: The cleanest time, above 0.
        t_max: The noisiest time, below 1, where no signal would be left.
    """

    t_min: float = 1e-3
    t_max: float = 1 - 1e-3

    def __post_init__(self) -> None:
        _check_ends("Flow", self.t_min, self.t_max)

    @property
    def domain(self) -> Domain:
        """The reals from t_min to t_max."""
        return Domain(self.t_min, self.t_max)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Levels at t (B,)."""
        return 1 - t, t


@final
@dataclass(frozen=True)
class EDM:
    """Variance-exploding schedule; t in [0, 1] runs through rho-spaced sigmas.

    Attributes:
        sigma_min: Noise level at t = 0.
        sigma_max: Noise level at t = 1.
        rho: How much denser the steps are at low noise; 1 is even.
    """

    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0

    def __post_init__(self) -> None:
        if not (0 < self.sigma_min < self.sigma_max and self.rho > 0):
            raise BadInput(
                "EDM: expected 0 < sigma_min < sigma_max and rho > 0, got sigma_min "
                f"{self.sigma_min}, sigma_max {self.sigma_max}, rho {self.rho}"
            )

    @property
    def domain(self) -> Domain:
        """The reals from 0 to 1."""
        return Domain(0.0, 1.0)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Levels at t (B,)."""
        low, high = self._roots()
        return torch.ones_like(t), (low + t * (high - low)) ** self.rho

    def time_of(self, sigma: Tensor) -> Tensor:
        """The t (B,) whose noise level is sigma (B,); levels outside are clamped."""
        low, high = self._roots()
        return ((sigma ** (1 / self.rho) - low) / (high - low)).clamp(0.0, 1.0)

    def _roots(self) -> tuple[float, float]:
        return (
            math.pow(self.sigma_min, 1 / self.rho),
            math.pow(self.sigma_max, 1 / self.rho),
        )

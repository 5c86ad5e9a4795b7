"""Noise schedules, x_t = alpha_t x + sigma_t eps with eps ~ N(0, 1).

* `SquaredCosine`: the variance-preserving table of T integer times that Diffusion
  Policy trains on. With f(u) = cos^2((u + .008) / 1.008 * pi / 2),

      beta_t = min(1 - f((t + 1) / T) / f(t / T), .999),
      alpha_t^2 = prod_{i <= t} (1 - beta_i),      sigma_t^2 = 1 - alpha_t^2.

* `Cosine`: its continuous sibling, alpha_t = cos(pi t / 2), sigma_t = sin(pi t / 2).
* `EDM`: variance-exploding, alpha_t = 1 and, for t in [0, 1],

      sigma_t = (sigma_min^(1/rho) + t (sigma_max^(1/rho) - sigma_min^(1/rho)))^rho,

  so that equal steps in t are Karras' steps.

Levels come in the type and on the device of t.

References:
    | Improved Denoising Diffusion Probabilistic Models (Nichol & Dhariwal, 2021),
    | equation 17 | https://arxiv.org/abs/2102.09672
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), equation 5 | https://arxiv.org/abs/2206.00364
"""

import functools
import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Domain, whole

__all__ = ["EDM", "Cosine", "SquaredCosine"]

MAX_STEPS = 100_000
"""Longest table; a hundred times DDPM's."""


@functools.cache
def _squared_cosine(
    steps: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    # In double precision on the CPU: 1 - alpha^2 at t = 0 and the last alpha both
    # cancel badly in single. Out of inference mode, since the table outlives the call.
    with torch.inference_mode(False):
        u = torch.arange(steps + 1, dtype=torch.float64) / steps
        f = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
        beta = (1 - f[1:] / f[:-1]).clamp(max=0.999)
        alpha_squared = torch.cumprod(1 - beta, 0)
        alpha, sigma = alpha_squared.sqrt(), (1 - alpha_squared).sqrt()
        return alpha.to(device, dtype), sigma.to(device, dtype)


@final
@dataclass(frozen=True)
class SquaredCosine:
    """DDPM's `squaredcos_cap_v2` table.

    Attributes:
        steps: T; the times are 0, 1, ..., T - 1.
    """

    steps: int = 100

    def __post_init__(self) -> None:
        whole(self.steps, "SquaredCosine.steps", 1, MAX_STEPS)

    @property
    def domain(self) -> Domain:
        """The integers 0 to T - 1."""
        return Domain(0.0, self.steps - 1.0, self.steps)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Levels at the integers t (B,), given as floats."""
        alpha, sigma = _squared_cosine(self.steps, t.dtype, t.device)
        index = t.long()
        return alpha[index], sigma[index]


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
        if not 0 < self.t_min < self.t_max < 1:
            raise BadInput(
                "Cosine: expected 0 < t_min < t_max < 1, "
                f"got t_min {self.t_min}, t_max {self.t_max}"
            )

    @property
    def domain(self) -> Domain:
        """The reals from t_min to t_max."""
        return Domain(self.t_min, self.t_max)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Levels at t (B,)."""
        return torch.cos(t * math.pi / 2), torch.sin(t * math.pi / 2)


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

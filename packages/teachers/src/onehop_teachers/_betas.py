"""Tables of noise: variance-preserving schedules of T integer times.

Time t adds noise of variance beta_t to what is left of the signal before, so that

    alpha_t^2 = prod_{i <= t} (1 - beta_i),      sigma_t^2 = 1 - alpha_t^2.

A table is its betas. With u = t / (T - 1) from 0 to 1, and f(v) of v from 0 to 1,

=====================  ===================================================
`SquaredCosine`        capped ratios of f(v) = cos^2((v + .008) / 1.008 pi / 2)
`Laplace`              capped ratios of f(v) = sqrt(r / (1 + r)), with
                       log r = -sign(1/2 - v) log(1 - 2 |1/2 - v| + 1e-6) / 2
`LinearBetas`          start + u (end - start)
`ScaledLinearBetas`    (sqrt(start) + u (sqrt(end) - sqrt(start)))^2
`SigmoidBetas`         start + (end - start) / (1 + exp(6 - 12 u))
`TrainedBetas`         as they are given
=====================  ===================================================

where a capped ratio is beta_t = min(1 - f((t + 1) / T) / f(t / T), .999). They are the
`beta_schedule`s of diffusers, `squaredcos_cap_v2`, `laplace`, `linear`,
`scaled_linear`, `sigmoid`, and its `trained_betas`. Diffusion Policy trains on the
first.

Levels come in the type and on the device of t. A table ends with some signal: one
whose last beta is 1 ("zero terminal SNR") tells no eps from x_t, and is refused.

References:
    | Denoising Diffusion Probabilistic Models (Ho et al., 2020), section 4: linear
    | https://arxiv.org/abs/2006.11239
    | Improved Denoising Diffusion Probabilistic Models (Nichol & Dhariwal, 2021),
    | equation 17: squared cosine | https://arxiv.org/abs/2102.09672
    | High-Resolution Image Synthesis with Latent Diffusion Models (Rombach et al.,
    | 2022): scaled linear, in its code | https://arxiv.org/abs/2112.10752
    | GeoDiff (Xu et al., 2022): sigmoid, in its code | https://arxiv.org/abs/2203.02923
    | Improved Noise Schedule for Diffusion Training (Hang et al., 2024): Laplace
    | https://arxiv.org/abs/2407.03297
"""

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Domain, number, whole

__all__ = [
    "MAX_STEPS",
    "Betas",
    "Laplace",
    "LinearBetas",
    "ScaledLinearBetas",
    "SigmoidBetas",
    "SquaredCosine",
    "TrainedBetas",
]

MAX_STEPS = 100_000
"""Longest table; a hundred times DDPM's."""
LEAST_SIGNAL = 1e-12
"""Last alpha_t: its square's reciprocal is finite in single precision."""


class Betas(ABC):
    """A table: frozen, so that it can be looked up, and made of its `betas`."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """T; the times are 0, 1, ..., T - 1."""

    @abstractmethod
    def betas(self) -> Tensor:
        """beta_t (T,), in double precision."""

    @property
    def domain(self) -> Domain:
        """The integers 0 to T - 1."""
        return Domain(0.0, self.steps - 1.0, self.steps)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Levels at the integers t (B,), given as floats."""
        alpha, sigma = _levels(self, t.dtype, t.device)
        index = t.long()
        return alpha[index], sigma[index]

    def __post_init__(self) -> None:
        """Refuse a table that is too long, or ends without signal.

        Raises:
            BadInput: if so.
        """
        kind = type(self).__name__
        whole(self.steps, f"{kind}.steps", 1, MAX_STEPS)
        least = float((1 - self.betas()).log().sum() / 2)
        if not least >= math.log(LEAST_SIGNAL):
            raise BadInput(
                f"{kind}: expected signal of at least {LEAST_SIGNAL:g} at the last "
                f"time, got {math.exp(least):g}"
            )


@functools.cache
def _levels(
    table: Betas, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    # In double precision on the CPU: 1 - alpha^2 at t = 0 and the last alpha both
    # cancel badly in single. Out of inference mode, since the table outlives the call.
    with torch.inference_mode(False):
        alpha_squared = torch.cumprod(1 - table.betas(), 0)
        alpha, sigma = alpha_squared.sqrt(), (1 - alpha_squared).sqrt()
        return alpha.to(device, dtype), sigma.to(device, dtype)


def _capped_ratios(f: Callable[[Tensor], Tensor], steps: int) -> Tensor:
    values = f(torch.arange(steps + 1, dtype=torch.float64) / steps)
    return (1 - values[1:] / values[:-1]).clamp(max=0.999)


@final
@dataclass(frozen=True)
class SquaredCosine(Betas):
    """DDPM's `squaredcos_cap_v2` table.

    Attributes:
        steps: T; the times are 0, 1, ..., T - 1.
    """

    steps: int = 100

    def betas(self) -> Tensor:
        """See the module's text."""
        return _capped_ratios(_squared_cosine, self.steps)


def _squared_cosine(v: Tensor) -> Tensor:
    return torch.cos((v + 0.008) / 1.008 * math.pi / 2) ** 2


@final
@dataclass(frozen=True)
class Laplace(Betas):
    """Diffusers' `laplace` table: most times where signal and noise are alike.

    Attributes:
        steps: T.
    """

    steps: int = 1000

    def betas(self) -> Tensor:
        """See the module's text."""
        return _capped_ratios(_laplace, self.steps)


def _laplace(v: Tensor) -> Tensor:
    # At the middle itself the logarithm is next to 0: its sign does not matter.
    log_r = -0.5 * torch.sign(0.5 - v) * torch.log(1 - 2 * (0.5 - v).abs() + 1e-6)
    return torch.sigmoid(log_r).sqrt()


@dataclass(frozen=True)
class _Ranged(Betas):
    """Betas that go from one number to another.

    Attributes:
        steps: T.
        beta_start: The first, or its limit, above 0.
        beta_end: The last, below 1.
    """

    steps: int = 1000
    beta_start: float = 1e-4
    beta_end: float = 0.02

    def __post_init__(self) -> None:
        if not 0 < self.beta_start <= self.beta_end < 1:
            raise BadInput(
                f"{type(self).__name__}: expected 0 < beta_start <= beta_end < 1, got "
                f"beta_start {self.beta_start}, beta_end {self.beta_end}"
            )
        super().__post_init__()

    def _evenly(self, low: float, high: float) -> Tensor:
        return torch.linspace(low, high, self.steps, dtype=torch.float64)


@final
class LinearBetas(_Ranged):
    """Ho et al.'s table: betas rise evenly."""

    def betas(self) -> Tensor:
        """See the module's text."""
        return self._evenly(self.beta_start, self.beta_end)


@final
class ScaledLinearBetas(_Ranged):
    """Latent diffusion's table: roots of betas rise evenly."""

    def betas(self) -> Tensor:
        """See the module's text."""
        return self._evenly(self.beta_start**0.5, self.beta_end**0.5) ** 2


@final
class SigmoidBetas(_Ranged):
    """GeoDiff's table: betas rise along a sigmoid."""

    def betas(self) -> Tensor:
        """See the module's text."""
        rise = torch.sigmoid(self._evenly(-6.0, 6.0))
        return self.beta_start + (self.beta_end - self.beta_start) * rise


@final
@dataclass(frozen=True)
class TrainedBetas(Betas):
    """A table of given betas.

    Attributes:
        values: beta_t, T numbers between 0 and 1.
    """

    values: Sequence[float]

    def __post_init__(self) -> None:
        what = "TrainedBetas.values"
        if not isinstance(self.values, list | tuple):
            raise BadInput(f"{what}: expected numbers, got {self.values!r:.200}")
        values = tuple(float(number(beta, what)) for beta in self.values)
        for beta in values:
            if not 0 < beta < 1:
                raise BadInput(f"{what}: expected above 0 and below 1, got {beta}")
        object.__setattr__(self, "values", values)  # a list could not be looked up
        super().__post_init__()

    @property
    def steps(self) -> int:
        """T."""
        return len(self.values)

    def betas(self) -> Tensor:
        """As they were given."""
        return torch.tensor(self.values, dtype=torch.float64)

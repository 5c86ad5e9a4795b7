"""What a network predicts: x = c_skip x_t + c_out F(c_in x_t, c_time, cond).

Every parametrisation is a map (alpha_t, sigma_t) -> (c_skip, c_out, c_in), and trains F
on the same target, F* = (x - c_skip x_t) / c_out, with unit weight:

=============  ====================  ==========  ===========================
predicts       c_skip                c_out       F*
=============  ====================  ==========  ===========================
`PredictX`     0                     1           x
`PredictEps`   1 / alpha             -sigma /    eps
                                     alpha
`PredictV`     alpha / r^2           -sigma / r  (alpha eps - sigma x) / r
`Karras`       alpha (s / r_s)^2     sigma s /   of unit variance, if x has
                                     r_s         standard deviation s
`PredictFlow`  1 / (alpha + sigma)   -sigma /    eps - x
                                     (alpha +
                                     sigma)
=============  ====================  ==========  ===========================

with r^2 = alpha^2 + sigma^2 (1 for variance-preserving schedules, where `PredictV` is
Salimans & Ho's v) and r_s^2 = alpha^2 s^2 + sigma^2. c_in keeps the network's input at
unit variance: 1 / r, since chunks are normalised, and 1 / r_s for `Karras`. With s = 1
`Karras` is `PredictV` but for the sign. `PredictFlow` is for policies of flow matching,
whose network sees the straight line itself, (1 - s) x + s eps: c_in = 1 / (alpha +
sigma) takes any schedule there, and is 1 on `Flow`.

Where |c_out| is large so is the error of x: sigma / alpha is 2,000 at the end of DDPM's
table, and an eps network that is wrong by .01 there denoises to 20. `clipped` bounds
it, as `clip_sample` does in diffusers.

References:
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), equations 7 and 8 | https://arxiv.org/abs/2206.00364
    | Flow Matching for Generative Modeling (Lipman et al., 2023), section 4.1
    | https://arxiv.org/abs/2210.02747
    | Progressive Distillation for Fast Sampling of Diffusion Models
    | (Salimans & Ho, 2022), appendix D | https://arxiv.org/abs/2202.00512
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol, final

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Schedule

__all__ = [
    "Coefficients",
    "Karras",
    "Preconditioning",
    "PredictEps",
    "PredictFlow",
    "PredictV",
    "PredictX",
    "c_time",
    "check_clip",
    "clipped",
    "flow_time",
]

C_NOISE = 25.0
"""Of log(sigma_t / alpha_t), for a scale about as long as DDPM's."""


class Coefficients(NamedTuple):
    """The three factors of x = c_skip x_t + c_out F(c_in x_t), each (B,)."""

    c_skip: Tensor
    c_out: Tensor
    c_in: Tensor


class Preconditioning(Protocol):
    """(alpha_t, sigma_t) -> coefficients."""

    def __call__(self, alpha_t: Tensor, sigma_t: Tensor) -> Coefficients:
        """The coefficients at these levels (B,)."""
        ...


def c_time(schedule: Schedule, t: Tensor) -> Tensor:
    """What a network is told of the time t (B,), on the scale of DDPM's 0 to 99.

    A discrete schedule's t as it is; for a continuous one 100 times Karras' c_noise,
    log(sigma_t / alpha_t) / 4, which has no preferred schedule.
    """
    if schedule.domain.steps is not None:
        return t
    alpha_t, sigma_t = schedule(t)
    return C_NOISE * torch.log(sigma_t / alpha_t)


def flow_time(c_time: Tensor) -> Tensor:
    """s = sigma / (alpha + sigma), (B,), of a continuous schedule's `c_time`."""
    return torch.sigmoid(c_time / C_NOISE)


def check_clip(clip: float | None) -> None:
    """Refuse a bound that is none.

    Raises:
        BadInput: if it is neither None nor a finite number above 0.
    """
    number = isinstance(clip, int | float) and not isinstance(clip, bool)
    if not (clip is None or (number and 0 < clip < math.inf)):
        raise BadInput(f"clip: expected a number above 0 or none, got {clip!r}")


def clipped(x: Tensor, clip: float | None) -> Tensor:
    """x within +-clip, through which gradients pass as if it were not.

    A clamp has no gradient outside, where a chunk most needs one: a student that is its
    teacher's denoised chunk, clip and all, would never come back in.
    """
    if clip is None:
        return x
    if not torch.is_grad_enabled():
        return x.clamp(-clip, clip)
    # x - x is 0 to the last bit, and has x's gradient.
    return x.detach().clamp(-clip, clip) + (x - x.detach())


@final
@dataclass(frozen=True)
class PredictX:
    """The network predicts the clean chunk."""

    def __call__(self, alpha_t: Tensor, sigma_t: Tensor) -> Coefficients:
        """F* = x."""
        c_in = torch.rsqrt(alpha_t**2 + sigma_t**2)
        return Coefficients(torch.zeros_like(c_in), torch.ones_like(c_in), c_in)


@final
@dataclass(frozen=True)
class PredictEps:
    """The network predicts the noise."""

    def __call__(self, alpha_t: Tensor, sigma_t: Tensor) -> Coefficients:
        """F* = eps."""
        c_in = torch.rsqrt(alpha_t**2 + sigma_t**2)
        return Coefficients(1 / alpha_t, -sigma_t / alpha_t, c_in)


@final
@dataclass(frozen=True)
class PredictV:
    """The network predicts v, at right angles to x_t in the plane of x and eps."""

    def __call__(self, alpha_t: Tensor, sigma_t: Tensor) -> Coefficients:
        """F* = (alpha_t eps - sigma_t x) / sqrt(alpha_t^2 + sigma_t^2)."""
        c_in = torch.rsqrt(alpha_t**2 + sigma_t**2)
        return Coefficients(alpha_t * c_in**2, -sigma_t * c_in, c_in)


@final
@dataclass(frozen=True)
class PredictFlow:
    """The network predicts the velocity of the straight line from x to eps."""

    def __call__(self, alpha_t: Tensor, sigma_t: Tensor) -> Coefficients:
        """F* = eps - x."""
        c_in = 1 / (alpha_t + sigma_t)
        return Coefficients(c_in, -sigma_t * c_in, c_in)


@final
@dataclass(frozen=True)
class Karras:
    """EDM's preconditioning, for any alpha_t.

    Attributes:
        sigma_data: Standard deviation of the clean chunks; .5 in the paper, 1 for
            chunks normalised to unit variance.
    """

    sigma_data: float = 1.0

    def __post_init__(self) -> None:
        if not self.sigma_data > 0:
            raise BadInput(
                f"Karras.sigma_data: expected above 0, got {self.sigma_data}"
            )

    def __call__(self, alpha_t: Tensor, sigma_t: Tensor) -> Coefficients:
        """F* has unit variance, and c_out is as small as it can be."""
        s = self.sigma_data
        c_in = torch.rsqrt(alpha_t**2 * s**2 + sigma_t**2)
        return Coefficients(alpha_t * s**2 * c_in**2, sigma_t * s * c_in, c_in)

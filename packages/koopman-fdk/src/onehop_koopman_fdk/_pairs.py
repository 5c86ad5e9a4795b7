"""Pairs: what the teacher makes of a prior, under a condition.

The probability-flow ODE is a deterministic map from noise x_T to a clean chunk x.
A pair is one value of it, (cond, x_T, x), and all a Koopman student learns from.

The prior is written in units of its own spread: x_T = s prior with
s = sqrt(alpha_T^2 + sigma_T^2). It then has the scale of clean chunks for every
schedule, which a shared encoder of both needs. Its temperature tau makes it
N(0, tau^2). A teacher that plans from a known state holds it in place by itself, at
every noise level, and its pairs hold it too.

References:
    | Dynamic Neural Koopman / FDK, 2026, temperatures and weights
    | https://arxiv.org/abs/2605.24924
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Denoiser, ddim_path
from onehop_interfaces.drawing import spread, standard_normal

__all__ = [
    "Pairs",
    "Temperatures",
    "endpoint",
    "quantile_weights",
]


class Pairs(NamedTuple):
    """Some pairs.

    Attributes:
        cond: Conditions (B, C).
        prior: x_T in units of its spread, (B, H, A).
        x: The clean chunks that the teacher ends at, (B, H, A).
        weight: How much each pair counts, (B,), 1 on average.
    """

    cond: Tensor
    prior: Tensor
    x: Tensor
    weight: Tensor


@dataclass(frozen=True)
class Temperatures:
    """Standard deviations tau of the prior, and how often each is drawn.

    Attributes:
        tau: Above 0.
        probabilities: One per tau, not negative; they need not add to 1.
    """

    tau: tuple[float, ...] = (1.0,)
    probabilities: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn from."""
        if not self.tau or len(self.tau) != len(self.probabilities):
            came = f"{len(self.tau)} and {len(self.probabilities)}"
            raise BadInput(f"temperatures: expected a probability for each, got {came}")
        if min(self.tau) <= 0 or min(self.probabilities) < 0:
            raise BadInput(f"temperatures: expected positive numbers, got {self}")
        if sum(self.probabilities) == 0:
            raise BadInput("temperatures: expected probabilities above 0, got none")

    def prior(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Priors like `like` (B, H, A), each at a temperature of its own."""
        device = generator.device
        p = torch.tensor(self.probabilities, dtype=torch.float64, device=device)
        rows = torch.multinomial(p, len(like), replacement=True, generator=generator)
        tau = torch.tensor(self.tau, device=device)[rows].to(like)
        return tau[:, None, None] * standard_normal(like, generator)


@torch.no_grad()
def endpoint(denoiser: Denoiser, prior: Tensor, cond: Tensor, steps: int) -> Tensor:
    """Where the probability-flow ODE leads, in DDIM's steps, (B, H, A).

    Args:
        denoiser: (x_t, t, cond) -> x.
        prior: x_T in units of its spread, (B, H, A).
        cond: Conditions (B, C).
        steps: Calls of the denoiser.
    """
    x = prior
    for point in ddim_path(denoiser, spread(denoiser.schedule) * prior, cond, steps):
        x = point.x
    return x


def quantile_weights(score: Tensor) -> Tensor:
    """Weights from .5 (lowest score) to 1.5 (highest), by rank, 1 on average, (B,)."""
    rank = score.argsort().argsort().to(torch.get_default_dtype())
    return 0.5 + (rank + 0.5) / len(score)

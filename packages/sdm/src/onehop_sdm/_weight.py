"""Weights of time: how much a noise level counts, as functions of (alpha_t, sigma_t).

Between them the networks' answers differ by

    s_D - s_P = alpha / sigma^2 (x_D - x_P) = (eps_P - eps_D) / sigma

so a weight on scores decides which of these is compared. Over a table of 100 times
alpha / sigma^2 falls from 1584 to 5e-4: unweighted scores see small times only.

References:
    | Score and Distribution Matching Policy (Jia et al., 2024), Eq. 4
    | https://arxiv.org/abs/2412.09265
    | One-Step Diffusion Policy (Wang et al., 2024), appendix: w = sigma^2 for scores,
    | lambda = 1 for eps | https://arxiv.org/abs/2410.21257
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

__all__ = ["Weight", "one", "sigma_squared", "sigma_squared_over_alpha", "snr"]

Weight: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""A weight as a function of (alpha_t, sigma_t), each (B,)."""


def one(alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """1: scores (or, in a loss of denoised chunks, chunks) as they are; SDM."""
    return torch.ones_like(sigma_t)


def sigma_squared(alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """sigma^2: alpha (x_D - x_P) is left of the scores' difference; OneDP."""
    return sigma_t**2


def sigma_squared_over_alpha(alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """sigma^2 / alpha: x_D - x_P itself is left; the last line of SDM's Eq. 4."""
    return sigma_t**2 / alpha_t


def snr(alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """(alpha / sigma)^2: turns squared errors of x into those of eps; OneDP."""
    return (alpha_t / sigma_t) ** 2

"""Coordinates in which every schedule's probability-flow ODE is the same flow.

    x~ = x_t / (alpha_t + sigma_t),        s = sigma_t / (alpha_t + sigma_t)

turn x_t = alpha_t x + sigma_t eps into x~ = (1 - s) x + s eps and the ODE into

    dx~/ds = eps - x = (x~ - x) / s,       x = E[x | x_t, cond],

from noise (s near 1) to clean chunks (s = 0). A step of DDIM is a straight line here.
The slope of the chord from (x~, s) to the ODE's end x_0, the *mean velocity*, is
(x~ - x_0) / s: a slope u and the end x~ - s u are two names for one thing. Ends are
what this package computes with; near s = 1 they need no division by alpha_t, which
DDPM's table brings down to 5e-4.

References:
    | Flow Matching for Generative Modeling (Lipman et al., 2023)
    | https://arxiv.org/abs/2210.02747
"""

from __future__ import annotations

import torch
from torch import Tensor

from onehop_interfaces import Schedule, expand

__all__ = ["flow_level", "times_at", "to_flow", "to_noisy"]

RESOLUTION = 1001
"""Times at which a continuous schedule is looked up."""


def flow_level(alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """s, of the levels' shape."""
    return sigma_t / (alpha_t + sigma_t)


def to_flow(x_t: Tensor, alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """x~ of noisy chunks (B, H, A)."""
    return x_t / expand(alpha_t + sigma_t, x_t)


def to_noisy(x_s: Tensor, alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """x_t of flow coordinates x~ (B, H, A)."""
    return x_s * expand(alpha_t + sigma_t, x_s)


def times_at(schedule: Schedule, s: Tensor) -> Tensor:
    """The schedule's times t nearest to the levels s, both (B,).

    Levels beyond the schedule's own give its first or last time.
    """
    domain = schedule.domain
    points = domain.steps or RESOLUTION
    t = domain.at(torch.linspace(0, 1, points, device=s.device, dtype=s.dtype))
    levels = flow_level(*schedule(t))
    return t[torch.searchsorted((levels[1:] + levels[:-1]) / 2, s)]

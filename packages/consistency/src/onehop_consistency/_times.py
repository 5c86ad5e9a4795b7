"""Times: the ladder that a consistency model climbs down, and where it starts.

The noise-to-signal ratio r = sigma_t / alpha_t is what EDM calls sigma: in the
coordinates (x_t / alpha_t, r) the probability-flow ODE of every schedule is the same
ODE. Ladders follow the schedule's own time, in which equal steps are sensible.

References:
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022) | https://arxiv.org/abs/2206.00364
"""

from __future__ import annotations

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Domain, Schedule

__all__ = ["ladder", "noise_to_signal", "part_below", "time_at_ratio"]


def noise_to_signal(schedule: Schedule, t: Tensor) -> Tensor:
    """r = sigma_t / alpha_t, of t's shape."""
    alpha_t, sigma_t = schedule(t)
    return sigma_t / alpha_t


def ladder(domain: Domain, n: int) -> list[float]:
    """The n + 1 times from t_min up to t_max between which a path takes n steps.

    The grid is `Domain.grid`'s. A fine one of discrete times ends at t_min already, and
    then there are n - 1 steps.
    """
    above = domain.grid(n) if domain.steps else domain.grid(n + 1)[:-1]
    return [domain.t_min, *(t for t in reversed(above) if t > domain.t_min)]


def part_below(domain: Domain, t: float) -> Domain:
    """The part of the domain from t_min to t.

    Raises:
        BadInput: if t is not a time above t_min.
    """
    if not domain.t_min < t <= domain.t_max:
        expected = f"more than {domain.t_min:g}, at most {domain.t_max:g}"
        raise BadInput(f"t_init: expected {expected}, got {t:g}")
    if domain.steps is None:
        return Domain(domain.t_min, t)
    if t != round(t):
        raise BadInput(f"t_init: expected a whole number, got {t:g}")
    return Domain(domain.t_min, t, round(t - domain.t_min) + 1)


def time_at_ratio(schedule: Schedule, r_max: float) -> float:
    """The noisiest time with sigma_t / alpha_t <= r_max; t_max if all have that.

    Raises:
        BadInput: if the cleanest time is noisier.
    """
    domain = schedule.domain
    # Thirty-two points, thirteen times over: a bisection to double precision.
    low, high = domain.t_min, domain.t_max
    for _ in range(13):
        t = torch.linspace(low, high, 33, dtype=torch.float64)
        if domain.steps is not None:
            t = domain.t_min + torch.arange(domain.steps, dtype=torch.float64)
        below = int((noise_to_signal(schedule, t) <= r_max).sum())
        if below in (0, len(t)) or domain.steps is not None:
            break
        low, high = float(t[below - 1]), float(t[below])
    if below == 0:
        raise BadInput(f"r_max: every time of the schedule is noisier than {r_max:g}")
    return float(t[below - 1])

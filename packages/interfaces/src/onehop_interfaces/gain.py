"""Gain: how often an error of a network counts in the chunk it denoises.

    x = c_skip x_t + c_out F(x_t, t, cond),     gain = |c_out|

It is 1 for a network that predicts x and less for v or EDM's, but sigma_t / alpha_t for
one that predicts eps: 2,000 at the last time of DDPM's table. A sampler's first step
forgives that. A student that *is* the denoised chunk at that time does not: its chunks
leave every range, and the smallest step of its weights throws them about.

What a teacher's network predicts no protocol tells, so it is tried out once: c_out is
what is left of the chunk's dependence on F when that on x_t is taken out of both.

This module needs torch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ._teacher import Teacher
from .spaces import zero_obs

__all__ = ["MODEST", "answers_x", "gain", "time_within"]

MODEST = 10.0
"""The greatest gain at which a denoised chunk is still about a chunk."""

ROWS = 16
"""Noisy chunks that are tried."""

HALVINGS = 20


def gain(teacher: Teacher, t: float) -> float:
    """|c_out| at the time t; 1, or NaN, if the network is all there is.

    A teacher that clips its chunks is looked at through its method `unclipped`.
    """
    x, f, z = _tried(teacher, t)
    apart = f - (f @ z) / (z @ z) * z
    return float((x @ apart / (apart @ apart)).abs())


def answers_x(teacher: Teacher, t: float) -> bool:
    """Whether the network's own answer at the time t is the chunk, within a tenth.

    So it is for one that predicts x, and for EDM's where noise is all there is; not for
    one that predicts eps, v or a flow's velocity.
    """
    x, f, _ = _tried(teacher, t)
    return bool((x - f).norm() <= 0.1 * x.norm())


@torch.no_grad()
def _tried(teacher: Teacher, t: float) -> tuple[Tensor, Tensor, Tensor]:
    """Chunk and network's answer at the time t for noise x_t, and x_t, flat."""
    signature = teacher.signature
    cond = teacher.encode(zero_obs(teacher)).expand(ROWS, -1)
    shape = ROWS, *signature.chunk
    z = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    x_t, times = z.to(cond), cond.new_full((ROWS,), t)
    x = getattr(teacher, "unclipped", teacher)(x_t, times, cond)
    f = teacher.network(x_t, times, cond)
    return x.flatten().double(), f.flatten().double(), x_t.flatten().double()


def time_within(teacher: Teacher, most: float = MODEST) -> float:
    """The noisiest time whose gain is at most `most`; t_max for all but eps networks.

    Found by bisection, for the gain grows with noise.
    """
    domain = teacher.schedule.domain
    if not gain(teacher, domain.t_max) > most:
        return domain.t_max
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        t = float(domain.at(torch.tensor(middle, dtype=torch.float64)))
        low, high = (low, middle) if gain(teacher, t) > most else (middle, high)
    return float(domain.at(torch.tensor(low, dtype=torch.float64)))

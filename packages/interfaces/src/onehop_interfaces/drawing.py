"""Drawing at random, so that one generator's seed decides everything.

Noise is drawn on the generator's device and then moved, so that a seed gives the same
chunks wherever the network is. Layers draw their first weights from torch's global
generator and know no other: it is seeded for the purpose, and put back.

This module needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from ._policy import Chance
from ._schedule import Schedule

__all__ = [
    "copied",
    "reset_weights",
    "seeded",
    "spread",
    "standard_normal",
    "uniform",
]

Net = TypeVar("Net")


def standard_normal(like: Tensor, generator: Chance) -> Tensor:
    """z ~ N(0, I) of `like`'s shape, type and device, drawn on the generator's.

    Args:
        like: (B, ...).
        generator: One for all, or one for each row.
    """
    if isinstance(generator, Sequence):
        rows = zip(like, generator, strict=True)
        return torch.stack([standard_normal(row, draw) for row, draw in rows])
    device = like.device if generator is None else generator.device
    z = torch.randn(like.shape, generator=generator, device=device, dtype=like.dtype)
    return z.to(like.device)


def uniform(
    n: int, generator: torch.Generator, low: float = 0.0, high: float = 1.0
) -> Tensor:
    """n numbers of [low, high], on the generator's device."""
    u = torch.rand(n, generator=generator, device=generator.device)
    return low + (high - low) * u


def spread(schedule: Schedule, t: float | None = None) -> float:
    """sqrt(alpha_t^2 + sigma_t^2) at t, the noisiest time if none is given.

    The standard deviation of x_t for chunks of unit variance: z times it is where a
    path begins.
    """
    t = schedule.domain.t_max if t is None else t
    alpha_t, sigma_t = schedule(torch.tensor([t], dtype=torch.float64))
    return float(torch.hypot(alpha_t, sigma_t))


@contextmanager
def seeded(generator: torch.Generator) -> Iterator[None]:
    """Within, the global generator starts from `generator`'s seed; then it is put back.

    `generator` itself is only asked for the seed.
    """
    with torch.random.fork_rng():
        torch.manual_seed(generator.initial_seed())
        yield


def copied(net: Net, generator: torch.Generator, cold: bool) -> Net:
    """A copy of a denoiser; if `cold`, with weights that the seed alone decides."""
    net = copy.deepcopy(net)
    if cold:
        with seeded(generator):
            reset_weights(net)
    return net


def reset_weights(net: object) -> None:
    """Give every layer of a denoiser fresh weights, the way torch first made them.

    Drawn from the global generator; buffers, such as statistics of data, stay, and so
    does an encoder that is told apart (`onehop_interfaces.spaces`): it is the teacher's
    to have learnt.
    """
    spaces = getattr(net, "spaces", None)
    kept = set(spaces.modules()) if isinstance(spaces, nn.Module) else set()
    for module in cast(nn.Module, net).modules():
        reset = getattr(module, "reset_parameters", None)
        if reset is not None and module not in kept:
            reset()

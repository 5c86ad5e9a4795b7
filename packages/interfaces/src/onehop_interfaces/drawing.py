"""Drawing at random, so that one generator's seed decides everything.

Noise is drawn on the generator's device and then moved, so that a seed gives the same
chunks wherever the network is. Layers draw their first weights from torch's global
generator and know no other: it is seeded for the purpose, and put back.

This module needs torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from ._policy import Chance
from ._teacher import Teacher

__all__ = ["forget", "seeded", "standard_normal"]


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


@contextmanager
def seeded(generator: torch.Generator) -> Iterator[None]:
    """Within, the global generator starts from `generator`'s seed; then it is put back.

    `generator` itself is only asked for the seed.
    """
    with torch.random.fork_rng():
        torch.manual_seed(generator.initial_seed())
        yield


def forget(net: Teacher | nn.Module) -> None:
    """Give every layer fresh weights, the way torch first made them.

    Drawn from the global generator; buffers, such as statistics of data, stay.
    """
    for module in cast(nn.Module, net).modules():
        reset = getattr(module, "reset_parameters", None)
        if reset is not None:
            reset()

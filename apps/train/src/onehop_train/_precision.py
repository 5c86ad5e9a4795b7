"""Precision: what one number is computed in.

Networks train about as well in bfloat16 as in single precision, so the faster of the
two is the better one. Which that is depends on the processor: with instructions for
bfloat16 it takes about half the time, without them fifty times as long. No public name
tells, so a matrix product of a network's size is timed in both.
"""

from __future__ import annotations

import time
from typing import Literal, TypeAlias

import torch

__all__ = ["Fixed", "Precision", "resolved"]

Fixed: TypeAlias = Literal["no", "bf16"]
Precision: TypeAlias = Literal["auto", "no", "bf16"]

TRIALS = 5
"""Of each; the fastest counts, which a busy machine disturbs least."""


def resolved(precision: Precision, device: torch.device) -> Fixed:
    """The precision itself, or for "auto" the faster one on this device."""
    if precision != "auto":
        return precision
    half, single = (_seconds(kind, device) for kind in (torch.bfloat16, torch.float32))
    return "bf16" if half < single else "no"


def _seconds(kind: torch.dtype, device: torch.device) -> float:
    """The least time that a product (256, 512) x (512, 512) takes [s]."""
    a = torch.ones(256, 512, dtype=kind, device=device)
    b = torch.ones(512, 512, dtype=kind, device=device)
    times = []
    for _ in range(TRIALS):
        start = time.perf_counter()
        (a @ b).sum().item()  # `item` waits for the device
        times.append(time.perf_counter() - start)
    return min(times)

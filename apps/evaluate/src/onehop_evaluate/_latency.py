"""How long a decision takes.

One decision is timed from the observation as a numpy array in the host's memory to the
action chunk as a numpy array in the host's memory, batch 1: moving to the device,
encoding, normalising, every network call, de-normalising and moving back are in it.
Work still under way on the device ends before the clock starts.

Policies take turns in blocks, round after round, so that a disturbance of the machine
hits all of them alike; the first decisions of every block are thrown away, as the
caches then hold another policy's weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from onehop_interfaces import Policy
from onehop_interfaces.acting import decide

__all__ = [
    "DEFAULT_THREADS",
    "Decide",
    "Latency",
    "Once",
    "decider",
    "measure_latency",
    "threads",
]

Decide: TypeAlias = Callable[[], NDArray[np.float32]]
"""Decides once, from an observation in the host's memory."""
Once: TypeAlias = Callable[[], object]
"""Does once what is timed."""

DEFAULT_THREADS = torch.get_num_threads()
"""As many as torch takes by itself: read now, since programs change it later."""
WARM_UP = 2
"""Decisions thrown away at the start of every block."""
BLOCK = 10
"""Decisions timed in every block."""


@dataclass(frozen=True, eq=False)
class Latency:
    """Times of single decisions.

    Attributes:
        seconds: (N,), in the order taken [s].
        threads: How many threads computed.
    """

    seconds: NDArray[np.float64]
    threads: int

    @property
    def p50(self) -> float:
        """Median [s]."""
        return float(np.percentile(self.seconds, 50))

    @property
    def p95(self) -> float:
        """95th percentile [s]."""
        return float(np.percentile(self.seconds, 95))


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Compute with n threads, then with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def decider(
    policy: Policy, obs: Mapping[str, NDArray[np.float32]], device: torch.device
) -> Decide:
    """Decide by `policy`, on `device`, from one window (1, n_obs, ...) by name."""
    generator = torch.Generator().manual_seed(0)

    def once() -> NDArray[np.float32]:
        tensors = {name: torch.from_numpy(a).to(device) for name, a in obs.items()}
        chunk: NDArray[np.float32] = decide(policy, tensors, generator).cpu().numpy()
        return chunk

    return once


def measure_latency(
    deciders: Sequence[Once],
    device: torch.device,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    progress: Callable[[int], None] = lambda rounds: None,
) -> list[Latency]:
    """Time rounds x BLOCK decisions of each.

    Args:
        deciders: Who is timed, or what else there is to time.
        device: Where they compute.
        rounds: How often each has its turn.
        clock: Reads the time [s].
        progress: Told after every round how many are done.
    """
    seconds: list[list[float]] = [[] for _ in deciders]
    for done in range(1, rounds + 1):
        for once, times in zip(deciders, seconds, strict=True):
            for _ in range(WARM_UP):
                once()
            times += [_timed(once, device, clock) for _ in range(BLOCK)]
        progress(done)
    return [Latency(np.array(s), torch.get_num_threads()) for s in seconds]


def _timed(once: Once, device: torch.device, clock: Callable[[], float]) -> float:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
    start = clock()
    once()
    return clock() - start

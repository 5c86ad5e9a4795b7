"""What it costs to choose among more plans: a teacher's steps and its students'.

    python apps/evaluate/benchmarks/candidates.py TEACHER CRITIC STUDENT ...

Folders of runs. For 1, 4, 16 and 64 candidates a line per policy: the median time of a
decision on one thread, from the observation to the plan that the critic values most by
the state it ends in, and how often it goes into the time of the teacher with all its
steps. Policies take turns, so ratios are of one machine in one state.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from onehop_evaluate import (
    Entry,
    Latency,
    Role,
    Use,
    decider,
    entries_of,
    measure_latency,
    threads,
)
from onehop_interfaces.spaces import zero_obs
from onehop_teachers import load_teacher

CPU = torch.device("cpu")
CANDIDATES = 1, 4, 16, 64
ROUNDS = 10
TIMED = Role.FULL, Role.ONE, Role.STUDENT


def timed(
    entries: Sequence[Entry], obs: Mapping[str, NDArray[np.float32]]
) -> dict[str, Latency]:
    """Times of a decision from an observation, by the policy's name."""
    deciders = [decider(entry.policy, obs, CPU) for entry in entries]
    with threads(1):
        latencies = measure_latency(deciders, CPU, ROUNDS)
    return {e.name: latency for e, latency in zip(entries, latencies, strict=True)}


def main(teacher: Path, critic: Path, *students: Path) -> None:
    """Print the table."""
    print("| plans | policy | p50 [ms] | p95 [ms] | faster |")
    print("| ---: | --- | ---: | ---: | ---: |")
    seen = zero_obs(load_teacher(teacher))
    obs = {name: frames.numpy() for name, frames in seen.items()}
    for n in CANDIDATES:
        use = Use(CPU, critic=critic, candidates=n, ahead=True)
        entries = entries_of(teacher, students, use)
        times = timed([entry for entry in entries if entry.role in TIMED], obs)
        slowest = next(iter(times.values())).p50
        for name, latency in times.items():
            p50, p95 = 1e3 * latency.p50, 1e3 * latency.p95
            ratio = slowest / latency.p50
            print(f"| {n} | {name} | {p50:.2f} | {p95:.2f} | {ratio:.1f}x |")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(f"expected TEACHER CRITIC STUDENT ..., got {sys.argv[1:]}")
    main(*map(Path, sys.argv[1:]))

"""What a decision from pictures costs, with the encoder and without it.

    python apps/evaluate/benchmarks/pixels.py TEACHER STUDENT ...

Folders of runs. On one thread, the median time of the teacher's decision in a hundred
steps and in ten, and of every student's: from the observation, and from its condition,
as if the picture were encoded already. All take turns, so ratios are of one machine in
one state.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from onehop_evaluate import Latency, decider, measure_latency, threads
from onehop_interfaces import Policy
from onehop_interfaces.spaces import zero_obs
from onehop_methods import load_policy
from onehop_teachers import (
    DiffusionTeacher,
    SampledPolicy,
    ddim,
    ddpm,
    known,
    load_teacher,
    seeing,
)

CPU = torch.device("cpu")
ROUNDS = 10

Seen: TypeAlias = dict[str, NDArray[Any]]


class Pair(NamedTuple):
    """A policy that sees, and the same as it is told what the encoder made of it."""

    name: str
    seeing: Policy
    told: Policy


def pairs_of(teacher: DiffusionTeacher, told: DiffusionTeacher) -> list[Pair]:
    """The teacher in many steps and in ten."""
    ways = (("DDPM-100", ddpm, 100), ("DDIM-10", ddim, 10))
    return [
        Pair(name, *(SampledPolicy(of, way, steps) for of in (teacher, told)))
        for name, way, steps in ways
    ]


def pair_of(student: Path, told: DiffusionTeacher) -> Pair:
    """A student."""
    sees, hears = load_policy(student), load_policy(student)
    seeing(hears, told)
    return Pair(student.name, sees, hears)


def observations(teacher: DiffusionTeacher) -> Seen:
    """Zeros, of bytes where pictures are."""
    return {
        name: np.zeros(zeros.shape, np.uint8 if zeros.ndim > 3 else np.float32)
        for name, zeros in zero_obs(teacher).items()
    }


@torch.no_grad()
def main(folder: Path, *students: Path) -> None:
    """Print the table."""
    teacher = load_teacher(folder)
    seen = observations(teacher)
    told = known(teacher, [name for name, a in seen.items() if a.dtype != np.uint8])
    heard = observations(told)
    pairs = [*pairs_of(teacher, told), *(pair_of(each, told) for each in students)]
    picture = {name: torch.from_numpy(array) for name, array in seen.items()}
    deciders = [lambda: teacher.encode(picture).numpy()]
    for pair in pairs:
        deciders += [decider(pair.seeing, seen, CPU), decider(pair.told, heard, CPU)]
    with threads(1):
        encoding, *times = measure_latency(deciders, CPU, ROUNDS)
    show(pairs, encoding, times[::2], times[1::2])


def show(
    pairs: Sequence[Pair],
    encoding: Latency,
    whole: Sequence[Latency],
    rest: Sequence[Latency],
) -> None:
    """Print the rows."""
    print("| policy | from pixels p50 / p95 [ms] | faster | encoded | faster |")
    print("| --- | ---: | ---: | ---: | ---: |")
    print(f"| the encoder alone | {told_of(encoding)} | | | |")
    for pair, w, r in zip(pairs, whole, rest, strict=True):
        print(
            f"| {pair.name} | {told_of(w)} | {whole[0].p50 / w.p50:.1f}x "
            f"| {told_of(r)} | {rest[0].p50 / r.p50:.1f}x |"
        )


def told_of(latency: Latency) -> str:
    """Median and 95th percentile."""
    return f"{1e3 * latency.p50:.2f} / {1e3 * latency.p95:.2f}"


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"expected TEACHER STUDENT ..., got {sys.argv[1:]}")
    main(*map(Path, sys.argv[1:]))

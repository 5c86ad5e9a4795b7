"""How often a policy can decide that sees points, sampling them included.

    python apps/evaluate/benchmarks/clouds.py drawer-open TEACHER STUDENT ...

A task of MetaWorld without its family's name, and folders of runs. On one thread, in
turns: `cast` is what the camera costs in simulation, which a robot's does not; `sample`
crops its points and takes those farthest from one another, which a robot has to do as
well. A line for the teacher with all its steps, in ten, in one, and each student: the
median time of a decision, and how many there are in a second after sampling, and after
casting and sampling.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import device

from onehop_envs import cloud_of
from onehop_evaluate import Use, decider, entries_of, measure_latency, threads
from onehop_interfaces.history import History
from onehop_tasks._metaworld_env import POINTS, MetaWorldEnv
from onehop_teachers import load_teacher

CPU = device("cpu")
ROUNDS = 20


def main(name: str, teacher: Path, students: Sequence[Path]) -> None:
    """Print the table."""
    env = MetaWorldEnv(name)
    frame, _ = env.reset(seed=400_000)
    history = History(load_teacher(teacher).signature.n_obs)
    history.push(frame)
    obs = {name: frames[None] for name, frames in history.window.items()}
    entries = entries_of(teacher, students, Use(CPU))
    ends = env.camera.ends(env.sawyer.data)
    doing: list[Callable[[], object]] = [
        lambda: env.camera.ends(env.sawyer.data),
        lambda: cloud_of(ends, env.box, POINTS),
        *(decider(entry.policy, obs, CPU) for entry in entries),
    ]
    with threads(1):
        cast, sample, *took = (t.p50 for t in measure_latency(doing, CPU, ROUNDS))
    print(f"{name}: cast {1e3 * cast:.2f} ms, sample {1e3 * sample:.2f} ms")
    print("| policy | decide [ms] | sampled [Hz] | cast and sampled [Hz] |")
    print("| --- | ---: | ---: | ---: |")
    for entry, p50 in zip(entries, took, strict=True):
        often = f"{1 / (p50 + sample):.0f} | {1 / (p50 + sample + cast):.0f}"
        print(f"| {entry.name} | {1e3 * p50:.2f} | {often} |")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"expected TASK TEACHER STUDENT..., got {sys.argv[1:]}")
    main(sys.argv[1], Path(sys.argv[2]), [Path(run) for run in sys.argv[3:]])

"""Measure every policy, from the same starts and under the same conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import torch

from onehop_interfaces import Policy, versions
from onehop_tasks import Start, Task, task_named

from ._cost import Cost, cost_of
from ._diversity import spread
from ._entries import Entry
from ._kept import Kept
from ._latency import (
    DEFAULT_THREADS,
    Latency,
    Once,
    decider,
    measure_latency,
    threads,
)
from ._onnx import onnx_decider
from ._pool import SHARE, WORTH_IT, Job, carry_out, shares
from ._progress import Bar
from ._provenance import LIBRARIES
from ._rollout import Rollouts, Window, windows
from ._row import Measured, Row, Timed, rows_of
from ._sensing import senses
from ._use import Use

__all__ = ["Conditions", "evaluate", "roll_out"]

SPREAD_STARTS = 16
"""Starts at which the spread over noise is measured."""


@dataclass(frozen=True)
class Conditions:
    """What is the same for every policy.

    Attributes:
        task: What to do.
        starts: Where episodes begin.
        starts_name: The set they are the first of.
        seed: Of the policies' noise.
        use: How policies are used.
        latency_rounds: Rounds of ten timed decisions each.
        onnx: Whether students are timed by ONNX, too.
        workers: Processes to roll out by; with more than one the task has to be one of
            `TASKS`, and entries to be read from files.
    """

    task: Task
    starts: Sequence[Start]
    starts_name: str
    seed: int
    use: Use
    latency_rounds: int
    onnx: bool = False
    workers: int = 1

    @property
    def device(self) -> torch.device:
        """Where policies compute."""
        return self.use.device

    def seen(self, policy: Policy, count: int) -> Window:
        """What a policy sees at the first starts, (count, n_obs, ...) per word."""
        signature, known = policy.signature, self._windows
        if signature.n_obs not in known:
            first = self.starts[:SPREAD_STARTS]
            known[signature.n_obs] = windows(self.task, first, signature.n_obs)
        return {word: known[signature.n_obs][word][:count] for word in signature.obs}

    @cached_property
    def _windows(self) -> dict[int, Window]:
        """By n_obs; environments are slow to make."""
        return {}

    def __str__(self) -> str:
        """One line for beneath the table."""
        first, last = self.starts[0].seed, self.starts[-1].seed
        return (
            f"{len(self.starts)} episodes of {self.task.name} per policy, the same "
            f"{self.starts_name} starts (seeds {first} to {last}), at most "
            f"{self.task.scene.max_steps} steps; brackets: 95 % intervals. Steps begin "
            'at the noisiest time ("trailing" in diffusers), but in rows called '
            f'"leading".{self.use}'
        )


def roll_out(
    entries: Sequence[Entry], conditions: Conditions, folder: Path, bar: Bar
) -> list[Rollouts]:
    """Roll every policy out; see `evaluate`."""
    kept = [_kept(entry, conditions, folder) for entry in entries]
    starts = conditions.starts
    bars = [bar(entry.name, len(starts)) for entry in entries]

    left = [each.missing(starts) for each in kept]

    def tell() -> None:
        for i, (show, each) in enumerate(zip(bars, kept, strict=True)):
            left[i] = each.missing(left[i])
            show(len(starts) - len(left[i]))

    count = max(min(conditions.workers, sum(map(len, left)) // WORTH_IT), 1)
    jobs = [
        _job(entry, conditions, share, each, elsewhere=count > 1)
        for entry, each, missing in zip(entries, kept, left, strict=True)
        for share in shares(missing, 1 if count == 1 else -(-len(missing) // SHARE))
    ]
    if count > 1:
        carry_out(jobs, count, tell)
    for job in jobs if count == 1 else ():
        job.run(tell)
    tell()
    max_steps = conditions.task.scene.max_steps
    return [Rollouts.of(map(each.load, starts), max_steps) for each in kept]


def evaluate(
    groups: Mapping[str, Sequence[Entry]],
    conditions: Conditions,
    folder: Path,
    bar: Bar,
) -> list[Row]:
    """Roll every policy out, then time and count them all.

    Args:
        groups: By name of their row, the policies that differ by their training seed
            alone; the teacher with all its steps first.
        conditions: The same for all.
        folder: Of episodes, which are not run again if they are there.
        bar: Shows progress.
    """
    entries = [entry for group in groups.values() for entry in group]
    rollouts = roll_out(entries, conditions, folder, bar)
    timed = _timed([group[0] for group in groups.values()], conditions, bar)
    measured = {
        id(entry): Measured(entry, episodes, _spread(entry, conditions))
        for entry, episodes in zip(entries, rollouts, strict=True)
    }
    rows = [
        (name, [measured[id(entry)] for entry in group], times)
        for (name, group), times in zip(groups.items(), timed, strict=True)
    ]
    return rows_of(rows, conditions.task)


def _kept(entry: Entry, conditions: Conditions, folder: Path) -> Kept:
    scene = conditions.task.scene
    key = {
        "policy": entry.fingerprint,
        "task": conditions.task.name,
        "max_steps": scene.max_steps,
        "seed": conditions.seed,
        "device": conditions.device.type,
        "versions": versions(*LIBRARIES, *scene.libraries),
    }
    return Kept(folder, key)


def _job(
    entry: Entry,
    conditions: Conditions,
    starts: Sequence[Start],
    kept: Kept,
    elsewhere: bool,
) -> Job:
    """A share of a policy's episodes, here or in another process."""
    policy, task = lambda: entry.policy, lambda: conditions.task
    if elsewhere:
        policy, task = entry.load, partial(task_named, conditions.task.name)
    seed, device = conditions.seed, conditions.device
    return Job(entry.name, policy, task, starts, seed, device, kept)


def _timed(entries: Sequence[Entry], conditions: Conditions, bar: Bar) -> list[Timed]:
    exported = [e for e in entries if e.student] if conditions.onnx else []
    by_onnx = [onnx_decider(e.policy, conditions.seen(e.policy, 1)) for e in exported]
    with senses(conditions.task, conditions.starts[0]) as seeing:
        timed = _latencies(entries, conditions, 1, bar, [*by_onnx, *seeing])
    sensing = timed.pop() if seeing else None
    one_thread = timed[: len(entries)]
    known = dict(zip(exported, timed[len(entries) :], strict=True))
    # Measured once if it is the same thing.
    default = (
        one_thread
        if DEFAULT_THREADS == 1
        else _latencies(entries, conditions, DEFAULT_THREADS, bar)
    )
    return [
        Timed(one, many, _cost(entry, conditions), known.get(entry), sensing)
        for entry, one, many in zip(entries, one_thread, default, strict=True)
    ]


def _latencies(
    entries: Sequence[Entry],
    conditions: Conditions,
    n: int,
    bar: Bar,
    more: Sequence[Once] = (),
) -> list[Latency]:
    """Those of the entries, then those of whatever else is timed."""
    device, rounds = conditions.device, conditions.latency_rounds
    deciders = [
        decider(entry.policy, conditions.seen(entry.policy, 1), device)
        for entry in entries
    ]
    progress = bar(f"latency, threads: {n}", rounds)
    with threads(n):
        return measure_latency([*deciders, *more], device, rounds, progress=progress)


def _cost(entry: Entry, conditions: Conditions) -> Cost:
    obs = conditions.seen(entry.policy, 1)
    tensors = {k: torch.from_numpy(a).to(conditions.device) for k, a in obs.items()}
    return cost_of(entry.policy, entry.module, tensors)


def _spread(entry: Entry, conditions: Conditions) -> float:
    obs = conditions.seen(entry.policy, SPREAD_STARTS)
    return spread(entry.policy, obs, conditions.device)

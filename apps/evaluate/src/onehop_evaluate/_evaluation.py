"""Measure every policy, from the same starts and under the same conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from onehop_interfaces import BadInput, versions

from ._cache import cached
from ._cost import Cost, cost_of
from ._diversity import spread
from ._entries import Entry
from ._episode import Episode
from ._latency import (
    DEFAULT_THREADS,
    Decide,
    Latency,
    decider,
    measure_latency,
    threads,
)
from ._onnx import onnx_decider
from ._progress import Bar
from ._provenance import LIBRARIES
from ._rollout import Rollouts, rollout
from ._row import Measured, Row, rows_of
from ._starts import Start
from ._tasks import Task

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
        device: Where policies compute.
        latency_rounds: Rounds of ten timed decisions each.
        onnx: Whether students are timed by ONNX, too.
    """

    task: Task
    starts: Sequence[Start]
    starts_name: str
    seed: int
    device: torch.device
    latency_rounds: int
    onnx: bool = False

    def __str__(self) -> str:
        """One line for beneath the table."""
        first, last = self.starts[0].seed, self.starts[-1].seed
        return (
            f"{len(self.starts)} episodes of {self.task.env_id} per policy, the same "
            f"{self.starts_name} starts (seeds {first} to {last}), at most "
            f"{self.task.max_steps} steps; brackets: 95 % intervals. Steps begin at "
            'the noisiest time ("trailing" in diffusers), but in rows named "leading".'
        )


def roll_out(
    entries: Sequence[Entry], conditions: Conditions, kept: Path, bar: Bar
) -> list[Rollouts]:
    """Roll every policy out; see `evaluate`."""
    with threads(DEFAULT_THREADS):
        return [_rollouts(entry, conditions, kept, bar) for entry in entries]


def evaluate(
    entries: Sequence[Entry], conditions: Conditions, kept: Path, bar: Bar
) -> list[Row]:
    """Roll every policy out, then time and count them all.

    Args:
        entries: The teacher first, the teacher at one step last before the students.
        conditions: The same for all.
        kept: Folder for rollouts, which are not run again if they are there.
        bar: Shows progress.
    """
    rollouts = roll_out(entries, conditions, kept, bar)
    exported = [e for e in entries if e.student] if conditions.onnx else []
    by_onnx = [onnx_decider(e.policy, _windows(e, conditions, 1)) for e in exported]
    timed = _latencies(entries, conditions, 1, bar, by_onnx)
    one_thread = timed[: len(entries)]
    known = dict(zip(exported, timed[len(entries) :], strict=True))
    onnx = [known.get(entry) for entry in entries]
    # Measured once if it is the same thing.
    default = (
        one_thread
        if DEFAULT_THREADS == 1
        else _latencies(entries, conditions, DEFAULT_THREADS, bar)
    )
    costs = [_cost(entry, conditions) for entry in entries]
    spreads = [
        spread(e.policy, _windows(e, conditions, SPREAD_STARTS), conditions.device)
        for e in entries
    ]
    columns = zip(
        entries, rollouts, one_thread, default, costs, spreads, onnx, strict=True
    )
    measured = [Measured(*each) for each in columns]
    return rows_of(measured, conditions.task.modes)


def _rollouts(entry: Entry, conditions: Conditions, kept: Path, bar: Bar) -> Rollouts:
    task, starts = conditions.task, conditions.starts
    key = {
        "policy": entry.fingerprint,
        "environment": task.env_id,
        "max_steps": task.max_steps,
        "starts": [[start.seed, start.options] for start in starts],
        "seed": conditions.seed,
        "device": conditions.device.type,
        "versions": versions(*LIBRARIES),
    }
    total = len(starts) * task.max_steps
    progress = bar(entry.name, total)

    def run() -> Rollouts:
        return rollout(
            entry.policy, task, starts, conditions.seed, conditions.device, progress
        )

    try:
        rollouts = cached(kept, key, run)
    except BadInput as error:
        raise BadInput(f"{entry.name}: {error}") from None
    progress(total)
    return rollouts


def _latencies(
    entries: Sequence[Entry],
    conditions: Conditions,
    n: int,
    bar: Bar,
    more: Sequence[Decide] = (),
) -> list[Latency]:
    """Those of the entries, then those of whatever else decides."""
    device, rounds = conditions.device, conditions.latency_rounds
    deciders = [
        decider(entry.policy, _windows(entry, conditions, 1), device)
        for entry in entries
    ]
    progress = bar(f"latency, threads: {n}", rounds)
    with threads(n):
        return measure_latency([*deciders, *more], device, rounds, progress=progress)


def _cost(entry: Entry, conditions: Conditions) -> Cost:
    obs = _windows(entry, conditions, 1)
    tensors = {k: torch.from_numpy(a).to(conditions.device) for k, a in obs.items()}
    return cost_of(entry.policy, entry.module, tensors)


def _windows(
    entry: Entry, conditions: Conditions, count: int
) -> dict[str, NDArray[np.float32]]:
    """What the policy sees at the first starts, (count, n_obs, ...)."""
    task, n_obs = conditions.task, entry.policy.signature.n_obs
    windows = []
    for start in conditions.starts[:count]:
        episode = Episode(task, start, n_obs)
        windows.append(episode.window)
        episode.env.close()
    return {task.obs: np.stack(windows)}

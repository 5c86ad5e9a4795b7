"""A bench: every policy, every problem, on virtual time; each trial is run once.

The problems are those of consecutive seeds, the same for all. Policies take turns, so
that what else the machine does at a time falls on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from onehop_interfaces import naming, versions, workers

from ._choice import Choice, pilot_of
from ._kept import EVERY, Kept, Record
from ._problem import Problem, at_start
from ._score import Weights
from ._trial import Conditions, try_out

__all__ = ["Plan", "Trials", "bench", "library_versions"]

Trials: TypeAlias = Mapping[str, Sequence[Record]]
"""By the policy's name, in the order of the problems."""
_WARM: set[Choice] = set()
"""The policies that have decided in this process."""
LIBRARIES = ("numpy", "mujoco", "scipy", "torch", "onnxruntime")
"""Those whose versions may change a trial."""


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        choices: The policies, of different names.
        seeds: Of the problems.
        problem: Makes a problem of a seed.
        given: What holds for all.
        weights: Of the candidates' scores.
    """

    choices: Sequence[Choice]
    seeds: Sequence[int]
    problem: Callable[[int], Problem]
    given: Conditions
    weights: Weights = field(default_factory=Weights)


class _Job(NamedTuple):
    """One trial."""

    choice: Choice
    seed: int
    problem: Problem
    given: Conditions
    weights: Weights


def bench(
    plan: Plan,
    folder: Path,
    processes: int = 1,
    tell: Callable[[], object] = lambda: None,
) -> Trials:
    """All trials of a plan.

    Args:
        plan: What is run.
        folder: Where trials are kept.
        processes: By how many; by this one alone if 1.
        tell: Called whenever one is there.

    Raises:
        BadInput: naming the policy, if it or a problem cannot be had.
    """
    kept = {choice.name: _kept(choice, plan, folder) for choice in plan.choices}
    found: dict[tuple[str, int], Record] = {}
    missing = []
    for seed in plan.seeds:
        without = []
        for choice in plan.choices:
            record = kept[choice.name].load(seed)
            if record is None:
                without.append(choice)
            else:
                found[choice.name, seed] = record
                tell()
        if without:
            problem = plan.problem(seed)
            missing += [
                _Job(choice, seed, problem, plan.given, plan.weights)
                for choice in without
            ]
    for job, record in _done(missing, processes):
        kept[job.choice.name].save(job.seed, record)
        found[job.choice.name, job.seed] = record
        tell()
    return {name: [found[name, seed] for seed in plan.seeds] for name in kept}


def _done(jobs: Sequence[_Job], processes: int) -> Iterator[tuple[_Job, Record]]:
    if processes == 1:
        for job in jobs:
            yield job, _run(job)
        return
    with workers(processes) as pool:
        under_way = {pool.submit(_run, job): job for job in jobs}
        for future in as_completed(under_way):
            yield under_way[future], future.result()


def _run(job: _Job) -> Record:
    box = job.given.limits.workspace
    with naming(f"{job.choice.name}, problem {job.seed}"):
        pilot = pilot_of(job.choice, job.problem, job.seed, job.weights, box)
        if job.choice not in _WARM:
            pilot.warm_up(at_start(job.problem))
            _WARM.add(job.choice)
        trial = try_out(pilot, job.problem, job.given)
    states = [t.seen.state for t in trial.ticks if t.seen.state is not None]
    path = tuple(state.pos for state in [*states[::EVERY], states[-1]])
    return Record(trial.outcome, tuple(trial.decided.latencies), path)


def _kept(choice: Choice, plan: Plan, folder: Path) -> Kept:
    given, limits = plan.given, plan.given.limits
    key: dict[str, Any] = {
        "policy": choice.identity,
        "arm": given.make_arm.__name__,
        "limits": repr(limits),
        "ends": repr(given.ends),
        "pace": repr(given.pace),
        "weights": repr(plan.weights),
        "versions": library_versions(),
    }
    return Kept(folder, key)


@cache
def library_versions() -> dict[str, str]:
    """Of all that may change a trial."""
    return versions(*LIBRARIES)

"""`bench`: teacher and students on the same problems, what came of it in a folder."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from rich.console import Console
from rich.progress import Progress

from onehop_interfaces import BadInput, locked
from onehop_kinova_driver import Limits

from ._arms import simulated
from ._bench import Plan, Trials, bench, library_versions
from ._problem import drawn
from ._trial import Conditions, patient
from ._virtual_policy import AsMeasured, Fixed
from .config import Bench

__all__ = ["benched", "plan_of"]


def benched(command: Bench) -> int:
    """Run what has not been run, and report.

    Raises:
        BadInput: if an option, a policy or a kept trial is not as expected.
    """
    command.check()
    plan = plan_of(command)
    try:
        from ._report import report
    except ImportError as error:
        expected = "pip install onehop-control[bench]"
        raise BadInput(f"bench: expected {expected}; got {error}") from None
    with locked(command.out):
        report(command.out, plan, _trials(command, plan), _about(command))
    return 0


def _trials(command: Bench, plan: Plan) -> Trials:
    """All trials, with a bar of how many are done."""
    folder, total = command.out / "trials", len(plan.choices) * len(plan.seeds)
    try:
        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("trials", total=total)
            return bench(plan, folder, command.workers, lambda: bar.advance(task))
    except KeyboardInterrupt:
        sys.exit("onehop-control: interrupted; the same command goes on from here")


def plan_of(command: Bench) -> Plan:
    """What is run.

    Raises:
        BadInput: if an option cannot be.
    """
    timing, latency = patient(command.patience), command.latency
    given = Conditions(
        simulated(command.arm),
        Limits(timing=timing),
        command.ends,
        AsMeasured() if latency is None else Fixed(latency),
    )
    seeds = range(command.seed, command.seed + command.trials)
    problem = lru_cache(maxsize=8)(drawn)
    return Plan(command.choices, seeds, problem, given, command.weights)


def _about(command: Bench) -> dict[str, Any]:
    """Where the numbers come from, JSON."""
    return {
        "command": ["onehop-control", *sys.argv[1:]],
        "latency": command.latency,
        "patience": command.patience,
        "workers": command.workers,
        "candidates": command.candidates,
        "versions": library_versions(),
    }

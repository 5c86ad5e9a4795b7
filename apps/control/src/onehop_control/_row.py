"""What the trials of a policy come to: a row of the table.

Errors and clearances are means over all trials, completion over those that succeeded.
Latency is over all decisions. Holds, clamps, missed deadlines and switches are per
trial. Beside another policy: the differences per problem, in pairs, and how many times
as quick a decision is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from ._bench import Trials
from ._contract import Array
from ._kept import Record
from ._statistics import Estimate, paired_difference, share

__all__ = ["Beside", "Row", "rows_of"]


@dataclass(frozen=True)
class Beside:
    """A policy held against the first.

    Attributes:
        error: Its terminal error less the first's [m].
        tool_clearance: The same of the end effector's clearance [m].
        arm_clearance: The same of the whole arm's [m].
        speed_up: The first's mean latency by its own.
    """

    error: Estimate
    tool_clearance: Estimate
    arm_clearance: Estimate
    speed_up: float


@dataclass(frozen=True)
class Row:
    """A policy.

    Attributes:
        name: Its name.
        trials: How many.
        success: The share that arrived and touched nothing.
        contacts: Trials in which something was touched.
        ends: Why trials ended, and how often.
        error: Terminal, the mean [m].
        tool_clearance: The least of the end effector, the mean [m].
        arm_clearance: The least of the whole arm, the mean [m].
        latency_mean: Of a decision [s].
        latency_p95: Of 95 % of them at most [s].
        seconds: Completion, the mean; NaN if none succeeded [s].
        missed: Deadlines of the policy's per trial.
        holds: Per trial.
        clamps: Per trial.
        switches: Per trial.
        beside: It and the first policy; None of that one.
    """

    name: str
    trials: int
    success: Estimate
    contacts: int
    ends: dict[str, int]
    error: float
    tool_clearance: float
    arm_clearance: float
    latency_mean: float
    latency_p95: float
    seconds: float
    missed: float
    holds: float
    clamps: float
    switches: float
    beside: Beside | None


def rows_of(trials: Trials) -> list[Row]:
    """The rows, the first policy's first."""
    first = next(iter(trials.values()))
    return [
        _row(name, records, None if records is first else first)
        for name, records in trials.items()
    ]


def _row(name: str, records: Sequence[Record], first: Sequence[Record] | None) -> Row:
    success = _column(records, "success")
    seconds = _column(records, "seconds")[success > 0]
    latencies = _latencies(records)

    def mean(attribute: str) -> float:
        return float(_column(records, attribute).mean())

    return Row(
        name=name,
        trials=len(records),
        success=share(success),
        contacts=int(_column(records, "contact").sum()),
        ends=dict(Counter(record.outcome.end for record in records)),
        error=mean("error"),
        tool_clearance=mean("tool_clearance"),
        arm_clearance=mean("arm_clearance"),
        latency_mean=float(latencies.mean()),
        latency_p95=float(np.quantile(latencies, 0.95)),
        seconds=float(seconds.mean()) if len(seconds) else nan,
        missed=mean("missed"),
        holds=mean("holds"),
        clamps=mean("clamps"),
        switches=mean("switches"),
        beside=None if first is None else _beside(records, first),
    )


def _beside(records: Sequence[Record], first: Sequence[Record]) -> Beside:
    def less(attribute: str) -> Estimate:
        return paired_difference(_column(records, attribute), _column(first, attribute))

    mine, firsts = _latencies(records).mean(), _latencies(first).mean()
    return Beside(
        less("error"),
        less("tool_clearance"),
        less("arm_clearance"),
        float(firsts / mine) if mine > 0 else nan,
    )


def _column(records: Sequence[Record], attribute: str) -> Array:
    return np.array([float(getattr(r.outcome, attribute)) for r in records])


def _latencies(records: Sequence[Record]) -> Array:
    """Of all decisions; 0 if there were none."""
    found = np.concatenate([np.array(record.latencies) for record in records])
    return found if len(found) else np.zeros(1)

"""Everything that was measured, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onehop_tasks import Task

from ._evaluation import Conditions
from ._latency import Latency
from ._row import Measured, Row
from ._statistics import LEVEL, Estimate

__all__ = ["FORMAT", "VERSION", "results"]

FORMAT = "onehop-evaluation"
VERSION = 2
PLAIN = {
    *("deviation", "worst", "success", "success_of_seeds", "versus_full"),
    *("versus_one", "success_to_few", "success_to_one", "speed_up", "entropy"),
    *("entropy_of_all", "spread", "spread_share", "seconds", "teacher_evaluations"),
}
"""Of a row, what is written as it is named there."""


def results(
    rows: Sequence[Row], conditions: Conditions, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    """JSON values: what was run, the rows with their values per start, and on what."""
    task, starts = conditions.task, conditions.starts
    return {
        "format": FORMAT,
        "version": VERSION,
        "task": {
            "name": task.name,
            "measure": task.measure.title,
            "goal": task.measure.goal,
            "max_steps": task.scene.max_steps,
        },
        "starts": {
            "name": conditions.starts_name,
            "episodes": len(starts),
            "seeds": [start.seed for start in starts],
        },
        "seed": conditions.seed,
        "device": str(conditions.device),
        "confidence_level": LEVEL,
        "rows": [_row(row, task) for row in rows],
        "provenance": dict(provenance),
    }


def _row(row: Row, task: Task) -> dict[str, Any]:
    outcome, *others = (task.measure.outcome, *task.measure.others)
    return {
        "policy": row.name,
        "student": row.student,
        "role": row.entry.role.name.lower(),
        "nfe": row.entry.policy.nfe,
        outcome.title: _plain(row.outcome),
        **{o.title: _plain(e) for o, e in zip(others, row.others, strict=True)},
        **{name: _plain(value) for name, value in vars(row).items() if name in PLAIN},
        "latency_one_thread": _latency(row.timed.one_thread),
        "latency_default_threads": _latency(row.timed.default_threads),
        "latency_onnx": _latency(onnx) if (onnx := row.timed.onnx) else None,
        "sensing": _latency(seen) if (seen := row.timed.sensing) else None,
        "parameters": row.timed.cost.parameters,
        "flops": row.timed.cost.flops,
        "seeds": [_seed(measured, task) for measured in row.seeds],
    }


def _seed(measured: Measured, task: Task) -> dict[str, Any]:
    rollouts, entry = measured.rollouts, measured.entry
    outcomes = (task.measure.outcome, *task.measure.others)
    return {
        "per_start": {
            **{o.title: rollouts.outcome(o).tolist() for o in outcomes},
            "success": rollouts.success.tolist(),
            "mode": rollouts.mode.tolist(),
            "steps": rollouts.steps.tolist(),
            "decisions": rollouts.decisions.tolist(),
        },
        "checkpoint": {
            "name": entry.name,
            "fingerprint": entry.fingerprint,
            "provenance": dict(entry.provenance),
        },
    }


def _plain(value: Any) -> Any:
    return value._asdict() if isinstance(value, Estimate) else value


def _latency(latency: Latency) -> dict[str, Any]:
    return {
        "threads": latency.threads,
        "decisions": len(latency.seconds),
        "p50_seconds": latency.p50,
        "p95_seconds": latency.p95,
    }

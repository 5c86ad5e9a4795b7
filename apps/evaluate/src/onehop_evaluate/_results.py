"""Everything that was measured, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._evaluation import Conditions
from ._latency import Latency
from ._row import Row
from ._statistics import LEVEL, Estimate

__all__ = ["FORMAT", "VERSION", "results"]

FORMAT = "onehop-evaluation"
VERSION = 1


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
            "environment": task.env_id,
            "metric": task.metric,
            "threshold": task.threshold,
            "max_steps": task.max_steps,
        },
        "starts": {
            "name": conditions.starts_name,
            "episodes": len(starts),
            "seeds": [start.seed for start in starts],
        },
        "seed": conditions.seed,
        "device": str(conditions.device),
        "confidence_level": LEVEL,
        "rows": [_row(row) for row in rows],
        "provenance": dict(provenance),
    }


def _row(row: Row) -> dict[str, Any]:
    entry, rollouts = row.measured.entry, row.measured.rollouts
    return {
        "policy": row.name,
        "student": entry.student,
        "nfe": entry.policy.nfe,
        "max": _estimate(row.maximum),
        "mean": _estimate(row.mean),
        "success": _estimate(row.success),
        "score": _estimate(row.score),
        "max_versus_teacher": _estimate(row.versus_teacher),
        "max_versus_one_step": _estimate(row.versus_one_step),
        "latency_one_thread": _latency(row.measured.one_thread),
        "latency_default_threads": _latency(row.measured.default_threads),
        "latency_onnx": _latency(onnx) if (onnx := row.measured.onnx) else None,
        "speed_up_one_thread": row.speed_up,
        "entropy": _estimate(row.entropy),
        "entropy_of_all": _estimate(row.entropy_of_all),
        "spread": row.measured.spread,
        "parameters": row.measured.cost.parameters,
        "flops": row.measured.cost.flops,
        "per_start": {
            "max": rollouts.maximum.tolist(),
            "mean": rollouts.mean.tolist(),
            "score": rollouts.score.tolist(),
            "success": rollouts.success.tolist(),
            "steps": rollouts.steps.tolist(),
            "decisions": rollouts.decisions.tolist(),
        },
        "checkpoint": {
            "fingerprint": entry.fingerprint,
            "provenance": dict(entry.provenance),
        },
    }


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else estimate._asdict()


def _latency(latency: Latency) -> dict[str, Any]:
    return {
        "threads": latency.threads,
        "decisions": len(latency.seconds),
        "p50_seconds": latency.p50,
        "p95_seconds": latency.p95,
    }

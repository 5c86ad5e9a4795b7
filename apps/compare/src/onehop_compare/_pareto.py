"""Quality against latency: what no other policy beats in both is on the front.

A policy is dominated if another is at least as quick and at least as good, and one of
the two strictly. Good is success, or the outcome of a task that is judged by that.
Those that are not dominated, joined as a staircase, are the Pareto front.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from onehop_evaluate import Row, save
from onehop_tasks import Task

__all__ = ["draw_pareto", "front"]


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Which of (seconds, quality) are not dominated, the quickest first."""
    best, found = float("-inf"), []
    for i in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if points[i][1] > best:
            best = points[i][1]
            found.append(i)
    return found


def draw_pareto(rows: Sequence[Row], task: Task, path: Path) -> None:
    """Quality with its interval against a decision's median time on one thread."""
    good = [row.success if task.measure.by_success else row.outcome for row in rows]
    figure = Figure(figsize=(8.0, 4.8), layout="constrained")
    axes = figure.subplots()
    times = [row.timed.one_thread.p50 * 1e3 for row in rows]
    points = list(zip(times, (estimate.value for estimate in good), strict=True))
    colours = matplotlib.colormaps["tab20"].colors  # type: ignore[attr-defined]
    for i, (row, (x, y)) in enumerate(zip(rows, points, strict=True)):
        error = [[y - good[i].low], [good[i].high - y]]
        axes.errorbar(
            [x],
            [y],
            yerr=error,
            fmt="o" if row.student else "s",
            color=colours[i % 20] if row.student else "#08306b",
            elinewidth=0.8,
            label=row.name,
        )
        axes.annotate(row.name, (x, y), (4, 3), textcoords="offset points", size=6)
    _staircase(axes, [points[i] for i in front(points)])
    axes.set(xlabel="decision, one thread, median [ms]")
    if task.measure.by_success:
        axes.set(ylabel="success", ylim=(0, 1.05))
    else:
        axes.set(ylabel=task.measure.outcome.title)
    axes.set_xscale("log")
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    save(figure, path)


def _staircase(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    x, y = zip(*points, strict=True)
    axes.step(x, y, where="post", color="grey", linewidth=0.8, linestyle=":")

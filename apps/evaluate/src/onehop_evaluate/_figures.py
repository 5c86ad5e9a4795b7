"""Figures: the metric over time, the agent's paths, success against latency.

The teacher is blue and students are red, as in SwiftPolicy's figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from onehop_interfaces import BadInput, whole_file
from onehop_tasks import Outcome, Start, Task

from ._episode import Episode
from ._row import Row

__all__ = ["colours", "curves", "extent_of", "paths", "save", "scene", "trade_off"]

TEACHER = ("#08306b", "#2171b5", "#6baed6")
"""Blues, dark to light with fewer steps."""
STUDENTS = ("#cb181d", "#fb6a4a", "#67000d", "#ff9896")
"""Reds."""


def colours(rows: Sequence[Row]) -> list[str]:
    """One colour per row."""
    blues, reds = cycle(TEACHER), cycle(STUDENTS)
    return [next(reds if row.student else blues) for row in rows]


def curves(rows: Sequence[Row], task: Task, path: Path) -> None:
    """The metric over steps: mean over starts, with its normal 95 % band.

    An episode that has ended keeps its last value.
    """
    figure = _figure(6.4, 4.0)
    axes = figure.subplots()
    for row, colour in zip(rows, colours(rows), strict=True):
        values = row.seeds[0].rollouts.curves
        mean = values.mean(axis=0)
        half = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(len(values))
        steps = np.arange(1, len(mean) + 1)
        axes.plot(steps, mean, color=colour, label=row.name)
        axes.fill_between(steps, mean - half, mean + half, color=colour, alpha=0.15)
    if task.measure.goal is not None:
        axes.axhline(task.measure.goal, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="step", ylabel=task.measure.title)
    axes.legend(loc="lower right", frameon=False)
    save(figure, path)


def trade_off(rows: Sequence[Row], path: Path) -> None:
    """Success, with its interval, against the median latency on one thread."""
    figure = _figure(6.4, 4.0)
    axes = figure.subplots()
    for row, colour in zip(rows, colours(rows), strict=True):
        value, low, high = row.success
        milliseconds = row.timed.one_thread.p50 * 1e3
        error = [[value - low], [high - value]]
        axes.errorbar(
            [milliseconds], [value], yerr=error, fmt="o", color=colour, label=row.name
        )
    axes.set(
        xlabel="decision, one thread, median [ms]", ylabel="success", ylim=(0, 1.05)
    )
    axes.set_xscale("log")
    figure.legend(loc="outside right upper", frameon=False)
    save(figure, path)


def paths(rows: Sequence[Row], task: Task, starts: Sequence[Start], path: Path) -> None:
    """The agent's paths from the first starts, a line of panels per student.

    The first starts are shown, whatever became of them.
    """
    students = [row for row in rows if row.student] or rows[-1:]
    scenes = [scene(task, start) for start in starts]
    left, right, bottom, top = extent_of(task)
    figure = Figure(
        figsize=(2.6 * len(starts), 2.8 * len(students)), layout="constrained"
    )
    panels: Any = figure.subplots(len(students), len(starts), squeeze=False)
    for line, student in zip(panels, students, strict=True):
        for i, axes in enumerate(line):
            axes.imshow(scenes[i], extent=(left, right, bottom, top), alpha=0.6)
            for row, colour in ((rows[0], TEACHER[1]), (student, STUDENTS[0])):
                _path(axes, row, i, colour, task.measure.outcome)
            axes.set(xticks=[], yticks=[], xlim=(left, right), ylim=(bottom, top))
            axes.set_title(f"start {starts[i].seed}", fontsize=8)
            axes.legend(loc="lower left", fontsize=6)
    save(figure, path)


def _path(axes: Axes, row: Row, episode: int, colour: str, outcome: Outcome) -> None:
    rollouts = row.seeds[0].rollouts
    x, y = rollouts.agent[episode].T
    label = f"{row.name}: {rollouts.outcome(outcome)[episode]:.2f}"
    axes.plot(x, y, color=colour, linewidth=1.2, label=label)


def scene(task: Task, start: Start) -> NDArray[np.uint8]:
    """The environment's picture of a start."""
    env = task.scene.make()
    try:
        return np.asarray(Episode(task, env, start, n_obs=1).env.render())
    finally:
        env.close()


def extent_of(task: Task) -> tuple[float, float, float, float]:
    """Where the edges of its picture lie: left, right, bottom, top.

    Raises:
        BadInput: if the task is not planar.
    """
    if task.picture is None:
        raise BadInput(f"{task.name}: expected a planar task, got one without picture")
    return task.picture.extent


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """Write a figure, whole or not at all."""
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=150)

"""What an evaluation leaves in its folder.

table.md            the table
results.json        everything, with values per start and provenance
curves.png          the metric over time
paths.png           the agent's paths, teacher blue, students red, of planar tasks
trade_off.png       success against latency
race.gif            teacher and first student in the same wall-clock time
rollouts/           episodes, from which an interrupted evaluation goes on
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from onehop_interfaces import whole_file

from . import columns as table
from ._evaluation import Conditions
from ._figures import curves, paths, trade_off
from ._race import Track, film, record
from ._results import results
from ._row import Row

__all__ = ["draw", "print_table", "write"]

SHOWN = 4
"""Starts whose paths are drawn."""


def print_table(rows: Sequence[Row], conditions: Conditions) -> None:
    """The table on the terminal."""
    console = Console()
    for columns in _halves(conditions):
        console.print(table.terminal(columns, rows))
    if seeing := table.seeing(conditions.task):
        console.print(table.terminal((table.POLICY, *seeing), rows))
    console.print(str(conditions), highlight=False)


def write(
    folder: Path,
    rows: Sequence[Row],
    conditions: Conditions,
    provenance: Mapping[str, Any],
) -> None:
    """table.md and results.json."""
    achievement, cost = _halves(conditions)
    halves = [
        table.markdown((*achievement, *table.more(conditions.task)), rows),
        table.markdown((*cost, *table.seeing(conditions.task)), rows),
    ]
    with whole_file(folder / "table.md") as file:
        file.write_text("\n".join([*halves, f"{conditions}\n"]), "utf-8")
    found = results(rows, conditions, provenance)
    with whole_file(folder / "results.json") as file:
        file.write_text(json.dumps(found, indent=1, allow_nan=False), "utf-8")


def draw(folder: Path, rows: Sequence[Row], conditions: Conditions) -> None:
    """The figures and the race."""
    task, starts = conditions.task, conditions.starts
    curves(rows, task, folder / "curves.png")
    trade_off(rows, folder / "trade_off.png")
    if task.picture is not None:
        paths(rows, task, starts[:SHOWN], folder / "paths.png")
    students = [row for row in rows if row.student]
    film(_race(rows[0], (students or rows)[-1], conditions), folder / "race.gif")


def _race(teacher: Row, student: Row, conditions: Conditions) -> list[Track]:
    """From the first start that both solved, or the very first if there is none."""
    sides = (teacher, student)
    solved = [side.seeds[0].rollouts.success for side in sides]
    start = conditions.starts[int(np.argmax(solved[0] & solved[1]))]
    return [
        record(side, conditions.task, start, conditions.seed, conditions.device)
        for side in sides
    ]


def _halves(conditions: Conditions) -> tuple[tuple[table.Column[Row], ...], ...]:
    return table.achievement(conditions.task), table.cost(conditions.onnx)

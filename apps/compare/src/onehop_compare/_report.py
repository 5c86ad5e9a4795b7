"""What a study leaves in its folder.

table.md        both tables
results.json    the lines, and all of `onehop-evaluate` with values per start
pareto.png      success against latency
paths.png       the agent's paths, a panel per line
experts.png     the paths of mixtures, coloured by expert
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from onehop_evaluate import Conditions, Estimate, markdown, results
from onehop_interfaces import whole_file

from . import _table as table
from ._line import Line
from ._pareto import draw_pareto
from ._paths import draw_experts, draw_paths

__all__ = ["draw", "print_table", "write"]


def print_table(lines: Sequence[Line], conditions: Conditions) -> None:
    """The table on the terminal."""
    console = Console()
    modes = conditions.task.modes is not None
    console.print(table.terminal(lines, modes))
    console.print(str(conditions), highlight=False)


def write(
    folder: Path,
    lines: Sequence[Line],
    conditions: Conditions,
    provenance: Mapping[str, Any],
) -> None:
    """table.md and results.json."""
    task, seeds = conditions.task, max(len(line.rows) for line in lines)
    achieved = table.achievement(task.metric, task.modes is not None, seeds)
    halves = [markdown(columns, lines) for columns in (achieved, table.cost())]
    below = f"{conditions} Training seeds: {seeds}.\n"
    with whole_file(folder / "table.md") as file:
        file.write_text("\n".join([*halves, below]), "utf-8")
    rows = [row for line in lines for row in line.rows]
    found = {
        "lines": [_line(line) for line in lines],
        **results(rows, conditions, provenance),
    }
    with whole_file(folder / "results.json") as file:
        file.write_text(json.dumps(found, allow_nan=False), "utf-8")


def draw(folder: Path, lines: Sequence[Line], conditions: Conditions) -> None:
    """The pictures."""
    task, starts = conditions.task, conditions.starts
    draw_pareto(lines, folder / "pareto.png")
    draw_paths(lines, task, starts, folder / "paths.png")
    if task.modes is not None:
        draw_experts(lines, task, starts, folder / "experts.png")


def _line(line: Line) -> dict[str, Any]:
    """A line as JSON; its rows are told by name."""
    values = vars(line) | {"rows": [row.name for row in line.rows]}
    return {
        name: value._asdict() if isinstance(value, Estimate) else value
        for name, value in values.items()
    }

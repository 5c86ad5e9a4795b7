"""What a study leaves in its folder.

table.md        both tables
results.json    all of `onehop-evaluate`, with values per start and seed
pareto.png      success against latency
paths.png       the agent's paths, a panel per row
experts.png     the paths of mixtures, coloured by expert
plans.png       where paths are no picture: plans from one start, in a plane
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from onehop_evaluate import Conditions, Row, markdown, results
from onehop_interfaces import whole_file

from . import _table as table
from ._pareto import draw_pareto
from ._paths import draw_experts, draw_paths
from ._plans import draw_plans

__all__ = ["draw", "print_table", "write"]


def print_table(rows: Sequence[Row], conditions: Conditions) -> None:
    """The table on the terminal."""
    console = Console()
    console.print(table.terminal(rows, conditions.task))
    console.print(str(conditions), highlight=False)


def write(
    folder: Path,
    rows: Sequence[Row],
    conditions: Conditions,
    provenance: Mapping[str, Any],
) -> None:
    """table.md and results.json."""
    seeds = max(len(row.seeds) for row in rows)
    achieved = table.achievement(conditions.task, seeds)
    costs = table.cost(conditions.task)
    halves = [markdown(columns, rows) for columns in (achieved, costs)]
    below = f"{conditions} Training seeds: {seeds}.\n"
    with whole_file(folder / "table.md") as file:
        file.write_text("\n".join([*halves, below]), "utf-8")
    found = results(rows, conditions, provenance)
    with whole_file(folder / "results.json") as file:
        file.write_text(json.dumps(found, allow_nan=False), "utf-8")


def draw(folder: Path, rows: Sequence[Row], conditions: Conditions) -> None:
    """The pictures."""
    task, starts = conditions.task, conditions.starts
    draw_pareto(rows, task, folder / "pareto.png")
    if task.picture is None:
        draw_plans(rows, conditions, folder / "plans.png")
    else:
        draw_paths(rows, task, starts, folder / "paths.png")
        if task.modes:
            draw_experts(rows, task, starts, folder / "experts.png")

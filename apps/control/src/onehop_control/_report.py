"""What a bench leaves in its folder.

table.md       the tables that were printed
results.json   everything, with the outcome of each trial
paths.png      the tool's paths in the first problems
race.gif       all policies on the first problem
trials/        trials, from which an interrupted bench goes on

Needs matplotlib and scipy: `pip install onehop-control[bench]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from onehop_interfaces import whole_file

from ._bench import Plan, Trials
from ._bench_table import bench_tables, markdown
from ._episode_table import print_table
from ._logbook import finite, write_json
from ._picture import SHOWN, picture
from ._race import race
from ._row import Row, rows_of
from ._statistics import Estimate

__all__ = ["report"]


def report(folder: Path, plan: Plan, trials: Trials, about: Mapping[str, Any]) -> None:
    """Print the tables and write them, the results and the picture.

    Args:
        folder: Where to.
        plan: What was run.
        trials: What came of it.
        about: Where the numbers come from, JSON.
    """
    rows = rows_of(trials)
    tables = bench_tables(rows)
    for titles, texts in tables:
        print_table(titles, texts)
    print(_conditions(plan))
    with whole_file(folder / "table.md") as file:
        parts = [*map(markdown, tables), f"{_conditions(plan)}\n"]
        file.write_text("\n".join(parts), "utf-8")
    write_json(folder / "results.json", _results(plan, rows, trials, about))
    shown = [plan.problem(seed) for seed in plan.seeds[:SHOWN]]
    picture(trials, shown, folder / "paths.png")
    race(trials, shown[0], folder / "race.gif")


def _conditions(plan: Plan) -> str:
    """What holds for all rows, in a sentence."""
    given, seeds = plan.given, plan.seeds
    timing = given.limits.timing
    holds, stops = f"{timing.hold_after:g}", f"{timing.stop_after:g}"
    return (
        f"{len(seeds)} problems, seeds {seeds[0]} to {seeds[-1]}; "
        f"{given.make_arm.__name__} arm; {given.pace}, on virtual time; the driver "
        f"holds {holds} s after the last target and stops at {stops} s; intervals "
        "are 95 %."
    )


def _results(
    plan: Plan, rows: list[Row], trials: Trials, about: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "format": "onehop-control-bench",
        "version": 1,
        "conditions": _conditions(plan),
        "seeds": list(plan.seeds),
        "rows": [_plain(asdict(row)) for row in rows],
        "trials": {
            name: [finite(asdict(record.outcome)) for record in records]
            for name, records in trials.items()
        },
        "provenance": dict(about),
    }


def _plain(value: Any) -> Any:
    """The same in words of JSON: estimates by name, None for what is not finite."""
    if isinstance(value, Estimate):
        return finite(value._asdict())
    if isinstance(value, dict):
        return finite({name: _plain(each) for name, each in value.items()})
    return value

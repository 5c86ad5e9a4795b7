"""A bench as tables, on the terminal and in Markdown.

One has a column for each policy, with what it achieved and what that cost, the other
what each has more or less than the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TypeAlias, TypeVar

from ._row import Beside, Row
from ._statistics import Estimate
from ._units import mm, ms, s

__all__ = ["Grid", "bench_tables", "markdown"]

Grid: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Titles, and rows of as many texts."""
T = TypeVar("T")


def markdown(grid: Grid) -> str:
    """A table in Markdown."""
    titles, rows = grid
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def bench_tables(rows: Sequence[Row]) -> list[Grid]:
    """What came of a bench, and what each has beside the first, a column for each."""
    tables = [_grid("", COLUMNS, [row.name for row in rows], rows)]
    others = [(row.name, row.beside) for row in rows if row.beside is not None]
    if others:
        names, besides = zip(*others, strict=True)
        tables.append(_grid(f"less {rows[0].name}'s", BESIDE, names, besides))
    return tables


def _grid(
    corner: str,
    what: Mapping[str, Callable[[T], str]],
    names: Sequence[str],
    of: Sequence[T],
) -> Grid:
    return [corner, *names], [
        [title, *(text(each) for each in of)] for title, text in what.items()
    ]


def _share(e: Estimate) -> str:
    return f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]"


def _more(e: Estimate) -> str:
    """A difference in millimetres with its interval."""
    if not isfinite(e.value):
        return "-"
    interval = f" [{1e3 * e.low:+.1f}, {1e3 * e.high:+.1f}]" if isfinite(e.low) else ""
    return f"{1e3 * e.value:+.1f}{interval}"


COLUMNS: Mapping[str, Callable[[Row], str]] = {
    "success": lambda r: _share(r.success),
    "contact": lambda r: str(r.contacts),
    "terminal error [mm]": lambda r: mm(r.error),
    "clearance, end effector [mm]": lambda r: mm(r.tool_clearance),
    "clearance, whole arm [mm]": lambda r: mm(r.arm_clearance),
    "decision, mean [ms]": lambda r: ms(r.latency_mean),
    "decision, p95 [ms]": lambda r: ms(r.latency_p95),
    "completion [s]": lambda r: s(r.seconds),
    "deadlines missed": lambda r: f"{r.missed:.1f}",
    "holds": lambda r: f"{r.holds:.1f}",
    "clamps": lambda r: f"{r.clamps:.1f}",
    "switches": lambda r: f"{r.switches:.1f}",
    "ended": lambda r: ", ".join(f"{n} {why}" for why, n in sorted(r.ends.items())),
}
BESIDE: Mapping[str, Callable[[Beside], str]] = {
    "terminal error [mm]": lambda b: _more(b.error),
    "clearance, end effector [mm]": lambda b: _more(b.tool_clearance),
    "clearance, whole arm [mm]": lambda b: _more(b.arm_clearance),
    "decision, times as quick": lambda b: (
        f"{b.speed_up:.1f}" if isfinite(b.speed_up) else "-"
    ),
}

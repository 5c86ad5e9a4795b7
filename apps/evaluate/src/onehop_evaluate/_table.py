"""The table, in two halves, for the terminal and as Markdown.

The first half says what the policies achieve, with 95 % intervals in brackets, the
second what they cost. "vs teacher" and "vs 1 step" are differences of the maximum, per
start, to the first row and to the teacher at one step. Some columns are in Markdown
only (`more`), for the terminal's 80 columns are full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from rich.table import Table
from rich.text import Text

from ._latency import DEFAULT_THREADS, Latency
from ._row import Row
from ._statistics import Estimate

__all__ = [
    "SCORE",
    "SPREAD",
    "Column",
    "achievement",
    "cost",
    "difference",
    "estimate",
    "markdown",
    "more",
    "terminal",
]


R = TypeVar("R")


class Column(NamedTuple, Generic[R]):
    """A title and what stands under it, for rows of a kind."""

    title: str
    cell: Callable[[R], str]


POLICY: Column[Row] = Column("policy", lambda row: row.name)
NFE: Column[Row] = Column("NFE", lambda row: str(row.measured.entry.policy.nfe))
SCORE: Column[Row] = Column("score", lambda row: estimate(row.score))
SPREAD: Column[Row] = Column("spread over z", lambda row: f"{row.measured.spread:.3g}")
ENTROPY: Column[Row] = Column("entropy", lambda row: estimate(row.entropy))


def achievement(metric: str, modes: bool = False) -> tuple[Column[Row], ...]:
    """Columns on what policies achieve, as many as a terminal has room for.

    Args:
        metric: What the task measures.
        modes: Whether it can be done in several ways.
    """
    success = Column[Row]("success", lambda row: estimate(row.success))
    between: tuple[Column[Row], ...]
    between = (success, ENTROPY) if modes else (_mean(metric), success)
    return (
        POLICY,
        NFE,
        Column[Row](f"max {metric}", lambda row: estimate(row.maximum)),
        *between,
        Column[Row]("max vs teacher", lambda row: difference(row.versus_teacher)),
        Column[Row]("max vs 1 step", lambda row: difference(row.versus_one_step)),
    )


def more(metric: str, modes: bool = False) -> tuple[Column[Row], ...]:
    """Columns beside those of `achievement`, where there is room."""
    return (*((_mean(metric),) if modes else ()), SCORE, SPREAD)


def _mean(metric: str) -> Column[Row]:
    return Column(f"mean {metric}", lambda row: estimate(row.mean))


def cost(onnx: bool = False) -> tuple[Column[Row], ...]:
    """Columns on what policies cost; by ONNX, too, if that was measured."""
    threads = f"{DEFAULT_THREADS} (default)"
    by_onnx = Column[Row]("ONNX [ms], p50 / p95", lambda row: _ms(row.measured.onnx))
    return (
        POLICY,
        NFE,
        Column("1 thread [ms], p50 / p95", lambda row: _ms(row.measured.one_thread)),
        *((by_onnx,) if onnx else ()),
        Column("speed-up", lambda row: f"{row.speed_up:.1f}x"),
        Column(
            f"{threads} [ms], p50 / p95",
            lambda row: _ms(row.measured.default_threads),
        ),
        Column("parameters", lambda row: f"{row.measured.cost.parameters:,}"),
        Column("MFLOPs", lambda row: f"{row.measured.cost.flops / 1e6:,.1f}"),
    )


def terminal(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> Table:
    """A table for rich to print, 80 columns wide: intervals stand under values.

    Where that is too wide, names of policies are folded: numbers are never cut.
    """
    table = Table(
        box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline"
    )
    for column in columns:
        title = Text(re.sub(r", |(?<=^max) |(?<=^mean) ", "\n", column.title))
        if column is POLICY:
            table.add_column(title, overflow="fold")
        else:
            table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(_narrow(column.cell(row)) for column in columns))
    return table


def markdown(columns: Sequence[Column[R]], rows: Sequence[R]) -> str:
    """A Markdown table."""
    head = [column.title for column in columns]
    rule = ["---"] + ["---:"] * (len(columns) - 1)
    body = [[column.cell(row) for column in columns] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, rule, *body])


def _narrow(cell: str) -> Text:
    """0.957 [0.950, 1.003] as 0.957 over [.950 1.00]."""
    value, bracket, interval = cell.partition(" [")
    if not bracket:
        return Text(value)
    interval = re.sub(r"([+-]?)(\d+)(\.\d+)", _short, interval).replace(",", "")
    return Text(f"{value}\n[{interval}")


def _short(number: re.Match[str]) -> str:
    """At most four characters behind the sign, of a number below 10."""
    sign, whole, fraction = number.groups()
    return sign + (fraction if whole == "0" else f"{float(whole + fraction):.2f}")


def estimate(value: Estimate | None) -> str:
    """A number and its interval; a dash for none."""
    return "-" if value is None else "{:.3f} [{:.3f}, {:.3f}]".format(*value)


def difference(value: Estimate | None) -> str:
    """The same with its sign."""
    return "-" if value is None else "{:+.3f} [{:+.3f}, {:+.3f}]".format(*value)


def _ms(latency: Latency | None) -> str:
    if latency is None:
        return "-"
    return f"{latency.p50 * 1e3:.2f} / {latency.p95 * 1e3:.2f}"

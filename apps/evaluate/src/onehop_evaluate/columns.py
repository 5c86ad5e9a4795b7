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

from onehop_tasks import Task

from ._latency import DEFAULT_THREADS, Latency
from ._row import Row
from ._statistics import Estimate

__all__ = [
    "ENTROPY",
    "MFLOPS",
    "NFE",
    "ONE_THREAD",
    "ONNX",
    "PARAMETERS",
    "POLICY",
    "SUCCESS",
    "Column",
    "achievement",
    "cost",
    "difference",
    "estimate",
    "markdown",
    "more",
    "others",
    "outcome",
    "seeing",
    "terminal",
]


R = TypeVar("R")


class Column(NamedTuple, Generic[R]):
    """A title and what stands under it, for rows of a kind."""

    title: str
    cell: Callable[[R], str]


POLICY: Column[Row] = Column("policy", lambda row: row.name)
NFE: Column[Row] = Column("NFE", lambda row: str(row.entry.policy.nfe))
SUCCESS: Column[Row] = Column("success", lambda row: estimate(row.success))
SPREAD: Column[Row] = Column("spread over z", lambda row: f"{row.spread:.3g}")
ENTROPY: Column[Row] = Column("entropy", lambda row: estimate(row.entropy))
ONE_THREAD: Column[Row] = Column(
    "1 thread [ms], p50 / p95", lambda row: _ms(row.timed.one_thread)
)
ONNX: Column[Row] = Column("ONNX [ms], p50 / p95", lambda row: _ms(row.timed.onnx))
PARAMETERS: Column[Row] = Column(
    "parameters", lambda row: f"{row.timed.cost.parameters:,}"
)
MFLOPS: Column[Row] = Column("MFLOPs", lambda row: f"{row.timed.cost.flops / 1e6:,.1f}")


def outcome(task: Task) -> Column[Row]:
    """What an episode comes to."""
    digits = task.measure.digits
    return Column(task.measure.outcome.title, lambda row: estimate(row.outcome, digits))


def others(task: Task) -> tuple[Column[Row], ...]:
    """The task's other outcomes."""

    def cell(i: int) -> Callable[[Row], str]:
        return lambda row: estimate(row.others[i], task.measure.digits)

    return tuple(Column(o.title, cell(i)) for i, o in enumerate(task.measure.others))


def achievement(task: Task) -> tuple[Column[Row], ...]:
    """Columns on what policies achieve, as many as a terminal has room for."""
    title, digits = task.measure.outcome.title.split()[0], task.measure.digits
    between = (SUCCESS, ENTROPY) if task.modes else (*others(task)[:1], SUCCESS)
    return (
        POLICY,
        NFE,
        outcome(task),
        *between,
        Column[Row](
            f"{title} vs teacher", lambda row: difference(row.versus_full, digits)
        ),
        Column[Row](
            f"{title} vs 1 step", lambda row: difference(row.versus_one, digits)
        ),
    )


def more(task: Task) -> tuple[Column[Row], ...]:
    """Columns beside those of `achievement`, where there is room."""
    return (*others(task)[0 if task.modes else 1 :], SPREAD)


def seeing(task: Task) -> tuple[Column[Row], ...]:
    """What it takes to see, and how often one decides then; none if there is neither.

    A decision that includes its observation, on one thread.
    """
    if task.scene.sensing is None:
        return ()
    return (
        Column[Row]("sensing [ms], p50 / p95", lambda row: _ms(row.timed.sensing)),
        Column[Row](
            "decisions [Hz]", lambda row: f"{row.timed.decisions_per_second:.1f}"
        ),
    )


def cost(onnx: bool = False) -> tuple[Column[Row], ...]:
    """Columns on what policies cost; by ONNX, too, if that was measured."""
    threads = f"{DEFAULT_THREADS} (default)"
    return (
        POLICY,
        NFE,
        ONE_THREAD,
        *((ONNX,) if onnx else ()),
        Column("speed-up", lambda row: f"{row.speed_up:.1f}x"),
        Column(
            f"{threads} [ms], p50 / p95", lambda row: _ms(row.timed.default_threads)
        ),
        PARAMETERS,
        MFLOPS,
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
    if len(fraction) < 3:
        return number[0]
    return sign + (fraction if whole == "0" else f"{float(whole + fraction):.2f}")


def estimate(value: Estimate | None, digits: int = 3) -> str:
    """A number and its interval, so many digits behind the point; a dash for none."""
    return _with_interval(value, f".{digits}f")


def difference(value: Estimate | None, digits: int = 3) -> str:
    """The same with its sign."""
    return _with_interval(value, f"+.{digits}f")


def _with_interval(value: Estimate | None, form: str) -> str:
    if value is None:
        return "-"
    middle, low, high = (format(number, form) for number in value)
    return f"{middle} [{low}, {high}]"


def _ms(latency: Latency | None) -> str:
    if latency is None:
        return "-"
    return f"{latency.p50 * 1e3:.2f} / {latency.p95 * 1e3:.2f}"

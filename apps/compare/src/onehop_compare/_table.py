"""The comparison as tables: which columns there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rich.table import Table

from onehop_evaluate import Column, Row, difference, estimate
from onehop_evaluate.columns import (
    ENTROPY,
    MFLOPS,
    NFE,
    ONE_THREAD,
    ONNX,
    PARAMETERS,
    POLICY,
    SUCCESS,
    others,
    outcome,
    seeing,
)
from onehop_tasks import Task

__all__ = ["achievement", "cost", "narrow", "terminal"]

R = TypeVar("R")


def _seeds(row: Row) -> str:
    low, high = row.success_of_seeds
    return "-" if len(row.seeds) == 1 else f"{low:.3f} to {high:.3f}"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


SEEDS: Column[Row] = Column("seeds", _seeds)
OF_ALL: Column[Row] = Column("entropy of all", lambda row: estimate(row.entropy_of_all))
SPREAD: Column[Row] = Column("spread", lambda row: f"{row.spread_share:.2f}")
TO_FEW: Column[Row] = Column(
    "success - 10 steps", lambda row: difference(row.success_to_few)
)
TO_ONE: Column[Row] = Column(
    "success - 1 step", lambda row: difference(row.success_to_one)
)


def achievement(task: Task, seeds: int) -> tuple[Column[Row], ...]:
    """Columns on what methods achieve, from so many training seeds."""
    title, digits = task.measure.outcome.title.split()[0], task.measure.digits
    one = Column[Row](
        f"{title} - 1 step", lambda row: difference(row.versus_one, digits)
    )
    if not task.measure.by_success:
        return (
            POLICY,
            NFE,
            outcome(task),
            *_spreads(digits, seeds),
            Column(
                f"{title} - all steps", lambda row: difference(row.versus_full, digits)
            ),
            one,
            SUCCESS,
            SPREAD,
        )
    return (
        POLICY,
        NFE,
        SUCCESS,
        *((SEEDS,) if seeds > 1 else ()),
        *((ENTROPY, OF_ALL) if task.modes else ()),
        SPREAD,
        TO_FEW,
        TO_ONE,
        outcome(task),
        *others(task)[:1],
        one,
    )


def _spreads(digits: int, seeds: int) -> tuple[Column[Row], ...]:
    """How much episodes differ, and the worst of several training seeds."""
    within = Column[Row]("sd of episodes", lambda row: f"{row.deviation:.{digits}f}")
    worst = Column[Row]("worst seed", lambda row: f"{row.worst:.{digits}f}")
    return (within, worst) if seeds > 1 else (within,)


def cost(task: Task) -> tuple[Column[Row], ...]:
    """Columns on what methods cost, at a decision and to distil."""
    return (
        POLICY,
        NFE,
        ONE_THREAD,
        ONNX,
        *seeing(task),
        Column("speed-up", lambda row: f"{row.speed_up:.0f}x"),
        MFLOPS,
        PARAMETERS,
        Column("distilling [CPU s]", lambda row: _or_dash(row.seconds, ".0f")),
        Column(
            "chunks of the teacher",
            lambda row: _or_dash(row.teacher_evaluations, ",.0f"),
        ),
    )


def terminal(rows: Sequence[Row], task: Task) -> Table:
    """The most important columns, for rich to print."""
    between = (ENTROPY,) if task.modes else ()
    columns = [POLICY, NFE, SUCCESS, *between, TO_FEW, TO_ONE]
    if not task.measure.by_success:
        columns = list(achievement(task, 1)[:6])
    return narrow(columns, rows)


def narrow(columns: Sequence[Column[R]], rows: Sequence[R]) -> Table:
    """A table for rich to print, intervals under values; the first column is names."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    for i, column in enumerate(columns):
        table.add_column(column.title, justify="right" if i else "left")
    for row in rows:
        table.add_row(*(column.cell(row).replace(" [", "\n[") for column in columns))
    return table

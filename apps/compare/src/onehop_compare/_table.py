"""The comparison as tables: which columns there are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from onehop_evaluate import Column, difference, estimate

from ._line import Line

__all__ = ["achievement", "cost", "terminal"]


def _seeds(line: Line) -> str:
    low, high = line.success_of_seeds
    return "-" if len(line.rows) == 1 else f"{low:.3f} to {high:.3f}"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _latency(line: Line) -> str:
    latency = line.rows[0].measured.one_thread
    return f"{latency.p50 * 1e3:.2f} / {latency.p95 * 1e3:.2f}"


POLICY: Column[Line] = Column("policy", lambda line: line.title)
NFE: Column[Line] = Column(
    "NFE", lambda line: str(line.rows[0].measured.entry.policy.nfe)
)
SUCCESS: Column[Line] = Column("success", lambda line: estimate(line.success))
SEEDS: Column[Line] = Column("seeds", _seeds)
ENTROPY: Column[Line] = Column("entropy", lambda line: estimate(line.entropy))
OF_ALL: Column[Line] = Column(
    "entropy of all", lambda line: estimate(line.entropy_of_all)
)
SPREAD: Column[Line] = Column("spread", lambda line: f"{line.spread:.2f}")
TO_TEN: Column[Line] = Column(
    "success - DDIM-10", lambda line: difference(line.success_to_ten)
)
TO_ONE: Column[Line] = Column(
    "success - DDIM-1", lambda line: difference(line.success_to_one)
)


def achievement(metric: str, modes: bool, seeds: int) -> tuple[Column[Line], ...]:
    """Columns on what methods achieve.

    Args:
        metric: What the task measures.
        modes: Whether it can be done in several ways.
        seeds: Training seeds of each method.
    """
    return (
        POLICY,
        NFE,
        SUCCESS,
        *((SEEDS,) if seeds > 1 else ()),
        *((ENTROPY, OF_ALL) if modes else ()),
        SPREAD,
        TO_TEN,
        TO_ONE,
        Column(f"max {metric}", lambda line: estimate(line.maximum)),
        Column(f"mean {metric}", lambda line: estimate(line.mean)),
        Column("max - DDIM-1", lambda line: difference(line.maximum_to_one)),
    )


def cost() -> tuple[Column[Line], ...]:
    """Columns on what methods cost, at a decision and to distil."""
    return (
        POLICY,
        NFE,
        Column("decision [ms], p50 / p95", _latency),
        Column("speed-up", lambda line: f"{line.rows[0].speed_up:.0f}x"),
        Column("MFLOPs", lambda line: f"{line.rows[0].measured.cost.flops / 1e6:.1f}"),
        Column("parameters", lambda line: f"{line.rows[0].measured.cost.parameters:,}"),
        Column("distilling [CPU s]", lambda line: _or_dash(line.seconds, ".0f")),
        Column(
            "chunks of the teacher",
            lambda line: _or_dash(line.teacher_evaluations, ",.0f"),
        ),
    )


def terminal(lines: Sequence[Line], modes: bool) -> Table:
    """The most important columns, for rich to print."""
    columns = [POLICY, NFE, SUCCESS, *((ENTROPY,) if modes else ()), TO_TEN, TO_ONE]
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    for column in columns:
        justify = "left" if column is POLICY else "right"
        table.add_column(column.title, justify=justify)  # type: ignore[arg-type]
    for line in lines:
        cells = (column.cell(line).replace(" [", "\n[") for column in columns)
        table.add_row(*cells)
    return table

"""An episode's outcome as a table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onehop_kinova_driver import Report

from ._outcome import Outcome
from ._units import mm, ms

__all__ = ["print_outcome", "print_table"]


def print_outcome(name: str, came: Outcome, report: Report) -> None:
    """Print what came of an episode.

    Args:
        name: Of the policy.
        came: What came of it.
        report: The driver's.
    """
    print_table((name, ""), _rows(came, report))
    if report.error:
        Console(stderr=True).print(escape(f"the driver: {report.error}"))


def print_table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], numbers: bool = True
) -> None:
    """Print a table: titles, and rows of as many texts, of numbers or of words."""
    table = Table()
    for i, title in enumerate(titles):
        table.add_column(escape(title), justify="right" if i and numbers else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)


def _rows(came: Outcome, report: Report) -> list[tuple[str, str]]:
    latency = f"{ms(came.latency_mean)} / {ms(came.latency_p95)}"
    return [
        ("success", "yes" if came.success else "no"),
        ("contact", "yes" if came.contact else "no"),
        ("ended by", came.end),
        ("completion [s]", f"{came.seconds:.2f}"),
        ("terminal error [mm]", mm(came.error)),
        ("least clearance, end effector [mm]", mm(came.tool_clearance)),
        ("least clearance, whole arm [mm]", mm(came.arm_clearance)),
        ("decision, mean / p95 [ms]", latency),
        ("decisions", str(came.decisions)),
        ("deadlines missed by the policy", str(came.missed)),
        ("deadlines missed by the driver", str(report.counts.get("misses", 0))),
        ("switches", str(came.switches)),
        ("ticks", str(came.ticks)),
        ("holds", str(came.holds)),
        ("clamps", str(came.clamps)),
    ]

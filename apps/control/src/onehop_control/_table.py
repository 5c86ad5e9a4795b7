"""An episode's outcome as a table on the terminal."""

from __future__ import annotations

from math import isfinite

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onehop_kinova_driver import Report

from ._outcome import Outcome

__all__ = ["millimetres", "milliseconds", "print_outcome"]


def print_outcome(name: str, came: Outcome, report: Report) -> None:
    """Print what came of an episode.

    Args:
        name: Of the policy.
        came: What came of it.
        report: The driver's.
    """
    table = Table(title=name, show_header=False)
    for title, text in _rows(came, report):
        table.add_row(escape(title), text)
    Console().print(table)
    if report.error:
        Console(stderr=True).print(f"the driver: {report.error}", style="red")


def _rows(came: Outcome, report: Report) -> list[tuple[str, str]]:
    latency = f"{milliseconds(came.latency_mean)} / {milliseconds(came.latency_p95)}"
    return [
        ("success", "yes" if came.success else "no"),
        ("contact", "yes" if came.contact else "no"),
        ("ended by", came.end),
        ("completion [s]", f"{came.seconds:.2f}"),
        ("terminal error [mm]", millimetres(came.error)),
        ("least clearance, end effector [mm]", millimetres(came.tool_clearance)),
        ("least clearance, whole arm [mm]", millimetres(came.arm_clearance)),
        ("decision, mean / p95 [ms]", latency),
        ("decisions", str(came.decisions)),
        ("deadlines missed by the policy", str(came.missed)),
        ("deadlines missed by the driver", str(report.counts.get("misses", 0))),
        ("switches", str(came.switches)),
        ("ticks", str(came.ticks)),
        ("holds", str(came.holds)),
        ("clamps", str(came.clamps)),
    ]


def millimetres(value: float) -> str:
    """Metres as millimetres; a dash where there is nothing to measure from."""
    return f"{1e3 * value:.1f}" if isfinite(value) else "-"


def milliseconds(value: float) -> str:
    """Seconds as milliseconds."""
    return f"{1e3 * value:.2f}"

"""`replay`: what the gate says now to a log, bit for bit, and what stands in it."""

from __future__ import annotations

from collections import Counter

from onehop_interfaces import BadInput
from onehop_kinova_driver import Log, Reason, differing, read_log

from ._episode_table import print_table
from .config import Replay

__all__ = ["replayed"]

SHOWN = 10
"""Ticks that are named where the gate says something else."""


def replayed(command: Replay) -> int:
    """Sum a log up: 0 if the gate says of each tick what it said then.

    Raises:
        BadInput: if it is no log, or one without ticks.
    """
    path = command.log / "log" if command.log.is_dir() else command.log
    log = read_log(path)
    if not log.ticks:
        raise BadInput(f"{path}: expected ticks in the log, found none")
    found = differing(log)
    print_table((path.name, ""), _rows(log, found))
    return 1 if found else 0


def _rows(log: Log, found: list[int]) -> list[tuple[str, str]]:
    ticks = log.ticks
    verdicts = [tick.verdict for tick in ticks if tick.verdict is not None]
    rulings = Counter(verdict.ruling.name for verdict in verdicts)
    reasons = Counter(verdict.reason for verdict in verdicts)
    reasons.update(tick.reason for tick in ticks)
    del reasons[Reason.NONE]
    late = max(tick.times.late for tick in ticks)
    named = " ".join(map(str, found[:SHOWN])) + (" ..." if len(found) > SHOWN else "")
    return [
        ("ticks", str(len(ticks))),
        ("seconds", f"{ticks[-1].times.now - ticks[0].times.now:.2f}"),
        ("ended whole", "yes" if log.whole else "no, cut short"),
        ("sent", str(sum(tick.sent for tick in ticks))),
        *((f"ruled {name}", str(n)) for name, n in sorted(rulings.items())),
        *((f"for {reason.name}", str(n)) for reason, n in sorted(reasons.items())),
        ("latest tick [ms]", f"{1e3 * late:.1f}"),
        ("last phase", ticks[-1].phase.name),
        ("the gate says otherwise now", named or "of none"),
    ]

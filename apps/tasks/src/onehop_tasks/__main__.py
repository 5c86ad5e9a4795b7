"""onehop-tasks: what can be collected, taught, evaluated and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tyro
from rich.console import Console
from rich.table import Table

from ._tasks import STUDIES, TASKS

__all__ = ["main"]


@dataclass(frozen=True)
class Listing:
    """List the tasks (for --task) and the studies (for --studies and --like).

    All of them:
        onehop-tasks
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Print every task, and every study beneath."""
    tyro.cli(Listing, prog="onehop-tasks", args=argv)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for task in TASKS.values():
        table.add_row("task", task.name, task.about)
    for study in STUDIES.values():
        table.add_row("study", study.name, study.about)
    Console().print(table)


if __name__ == "__main__":
    main()

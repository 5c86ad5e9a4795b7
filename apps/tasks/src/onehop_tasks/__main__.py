"""onehop-tasks: what can be collected, taught, evaluated and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import tyro
from rich.console import Console
from rich.table import Table

from ._study import Study
from ._tasks import STUDIES, TASKS, families

__all__ = ["main"]


@dataclass(frozen=True)
class Listing:
    """List the tasks (for --task) and the studies (for --studies and --like).

    A family of studies, which --studies takes by its name, is one line, and so are its
    tasks, each without the family's name before it; a study is called as its task.

    All of them:
        onehop-tasks
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Print every task, and every study and family beneath."""
    tyro.cli(Listing, prog="onehop-tasks", args=argv)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    of_families = {s.task.name for studies in families().values() for s in studies}
    table.add_column()
    table.add_column(no_wrap=True)  # a name is for copying
    table.add_column()
    for task in TASKS.values():
        if task.name not in of_families:
            table.add_row("task", task.name, task.about)
    for family, studies in families().items():
        names = (study.task.name.removeprefix(f"{family}-") for study in studies)
        table.add_row("tasks", f"{family}-...", " ".join(names))
    for study in STUDIES.values():
        if study.group is None:
            table.add_row("study", study.name, study.about)
    for family, studies in families().items():
        table.add_row("family", family, _about(studies))
    Console().print(table)


def _about(studies: Sequence[Study]) -> str:
    """How many there are, and how many in each part."""
    parts = Counter(study.group.part for study in studies if study.group)
    told = ", ".join(f"{count} {part}" for part, count in parts.items() if part)
    return f"{len(studies)} studies" + (f": {told}" if told else "")


if __name__ == "__main__":
    main()

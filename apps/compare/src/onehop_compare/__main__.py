"""onehop-compare: every method, side by side."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import torch
import tyro
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from onehop_evaluate import (
    TASKS,
    Conditions,
    entries_of,
    evaluate,
    progress_bars,
    provenance,
)
from onehop_interfaces import exit_on_bad_input, locked
from onehop_methods import METHODS

from ._cell import Cell
from ._line import Line, lines_of
from ._plan import Plan
from ._report import draw, print_table, write
from ._schedule import Submit, Tell, locally, on_ray, schedule
from .config import Compare

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Compare as the command line says."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    compare = tyro.cli(Compare, prog="onehop-compare", args=arguments)
    try:
        with _terminated_as_interrupted(), exit_on_bad_input("onehop-compare"):
            run(compare, ["onehop-compare", *arguments])
    except KeyboardInterrupt:
        sys.exit("onehop-compare: interrupted; the same command goes on from here")


def run(compare: Compare, command: list[str]) -> None:
    """Carry out every cell, then measure latencies with the machine to itself.

    Raises:
        BadInput: if an option cannot be, or a cell's command fails.
    """
    plans = list(compare.plans())
    cells = [cell for plan in plans for cell in plan.cells()]
    with locked(compare.out) as held:
        with _submit(compare, held) as submit, _progress(len(cells)) as progress:
            schedule(cells, submit, progress)
        for plan in plans:
            report(plan, compare.latency_rounds, command)


def report(plan: Plan, latency_rounds: int, command: list[str]) -> None:
    """Read a study's checkpoints and episodes; table, numbers and pictures."""
    task = TASKS[plan.study.task]
    starts = task.starts_named(plan.starts).take(plan.episodes)
    cpu = torch.device("cpu")
    conditions = Conditions(task, starts, plan.starts, 0, cpu, latency_rounds)
    entries = entries_of(plan.teacher, plan.students, cpu)
    with progress_bars() as bar:
        rows = evaluate(entries, conditions, plan.out / "rollouts", bar)
    titles = [METHODS[method].title for method in plan.methods]
    lines: list[Line] = lines_of(rows, titles, plan.seeds)
    write(plan.out, lines, conditions, provenance(command))
    draw(plan.out, lines, conditions)
    print_table(lines, conditions)
    print(plan.out / "table.md")


def _submit(compare: Compare, held: tuple[int, ...]) -> AbstractContextManager[Submit]:
    if compare.ray is not None:
        return on_ray(compare.ray)
    return locally(compare.workers, held)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, so that cells are ended and waited for."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(total: int) -> Iterator[Tell]:
    """A bar of the cells done, and the names of those under way."""
    columns = (
        TextColumn("cells"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total)

        def tell(done: Sequence[Cell], under_way: Sequence[Cell]) -> None:
            names = ", ".join(cell.name for cell in under_way[:4])
            progress.update(task, completed=len(done), description=names)

        yield tell


if __name__ == "__main__":
    main()

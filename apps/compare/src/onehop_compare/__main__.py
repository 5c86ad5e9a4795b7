"""onehop-compare: every method, side by side."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice

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
    Conditions,
    Entry,
    Use,
    entries_of,
    evaluate,
    progress_bars,
    provenance,
)
from onehop_interfaces import BadInput, exit_on_bad_input, locked
from onehop_methods import METHODS

from ._cell import Cell
from ._family_report import report_family
from ._plan import Plan
from ._report import draw, print_table, write
from ._reported import Reported
from ._schedule import Submit, Tell, locally, on_ray, schedule
from ._tables import Table
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

    Families come last, of what their studies have left.

    A cell that fails costs its row alone, and a table that cannot be made itself alone:
    the rest is reported, and the exit status is 1.

    Raises:
        BadInput: if an option cannot be.
    """
    plans = list(compare.plans())
    if compare.families_only:
        if not report_families(compare, plans, command):
            raise BadInput(f"--out: expected finished studies in {compare.out}")
        return
    cells = [cell for plan in plans for cell in plan.cells()]
    with locked(compare.out) as held:
        with _submit(compare, held) as submit, _progress(len(cells)) as progress:
            failed = schedule(cells, submit, progress)
        left_out = {cell.name for cell in cells if cell.took() is None}
        for plan, table in [(p, table) for p in plans for table in p.tables]:
            try:
                report(plan, table, compare.latency_rounds, command, left_out)
            except Exception as error:
                if not isinstance(error, BadInput):
                    traceback.print_exc()
                name = plan.name(plan.judged(table))
                failed[name] = BadInput(
                    f"{name}: expected its table to be made, got {error!r}"
                )
        report_families(compare, plans, command)
    for why in failed.values():
        print(f"onehop-compare: {why}", file=sys.stderr)
    if failed:
        sys.exit(1)


def report(
    plan: Plan,
    table: Table,
    latency_rounds: int,
    command: list[str],
    left_out: Collection[str],
) -> None:
    """Read a study's checkpoints and episodes; table, numbers and pictures.

    Nothing is done of what is there already.
    """
    if plan.roll_out("teacher", table) in left_out:
        return
    folder, cpu = plan.out / plan.judged(table), torch.device("cpu")
    task, there = plan.study.task, plan.there(left_out, table)
    reported = Reported(folder, plan, table, there, latency_rounds)
    if reported.before():
        print(folder / "table.md")
        return
    conditions = Conditions(
        task=task,
        starts=task.starts_named(table.starts).take(plan.starts[table.starts]),
        starts_name=table.starts,
        seed=0,
        use=Use(cpu, **plan.used(table.choice)),
        latency_rounds=latency_rounds,
        onnx=True,
    )
    with progress_bars() as bar:
        groups = _groups(plan, there, conditions.use)
        rows = evaluate(groups, conditions, plan.out / "rollouts", bar)
    write(folder, rows, conditions, provenance(command, task.scene.libraries))
    draw(folder, rows, conditions)
    reported.now()
    print_table(rows, conditions)
    print(folder / "table.md")


def report_families(compare: Compare, plans: Sequence[Plan], command: list[str]) -> int:
    """The tables of every family that a study is of; how many there are."""
    tables = {
        (plan.study.group.family, plan.judged(table)): None
        for plan in plans
        for table in plan.tables
        if plan.study.group is not None
    }
    made = provenance(command)
    return sum(report_family(compare.out, *table, made) for table in tables)


def _groups(
    plan: Plan, there: Mapping[str, Sequence[int]], use: Use
) -> dict[str, list[Entry]]:
    """By name of their row: the teacher's, the actor, and every method's students."""
    folders = [plan.student(m, seed) for m, seeds in there.items() for seed in seeds]
    entries = entries_of(plan.teacher, folders, use)
    groups = {entry.name: [entry] for entry in entries if not entry.student}
    students = (entry for entry in entries if entry.student)
    for method, seeds in there.items():
        groups[METHODS[method].title] = list(islice(students, len(seeds)))
    return groups


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

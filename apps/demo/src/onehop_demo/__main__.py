"""The main job: `onehop-demo`, `python -m onehop_demo` or `hatch run demo`."""

from collections.abc import Sequence

import tyro

from onehop_compare import Cell, carry_out_here
from onehop_interfaces import exit_on_bad_input, locked
from onehop_interfaces.options import check_options

from ._stages import RESULTS, stages
from .config import Demo

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Carry out the main job and say where its results are."""
    demo = tyro.cli(Demo, args=argv, prog="onehop-demo")
    with exit_on_bad_input("onehop-demo"):
        check_options(demo)
        with locked(demo.folder):
            seconds = carry_out(stages(demo))
    for file in sorted((demo.folder / RESULTS).glob("*.*")):
        print(file)
    print(f"{seconds / 60:.1f} minutes of computing")


def carry_out(cells: Sequence[Cell]) -> float:
    """Carry out, one after the other, what is not done yet.

    Returns:
        Seconds that all took, those finished in earlier runs included [s].

    Raises:
        BadInput: if the folder holds another job.
    """
    finished = [cell.took() for cell in cells]
    for i, cell in enumerate(cells):
        head = f"[{i + 1}/{len(cells)}] {cell.name}"
        if finished[i] is not None:
            print(f"{head}: finished before, in {finished[i]:.0f} s", flush=True)
            continue
        program, *words = cell.words
        print(f"{head}: {program.replace('_', '-')} {' '.join(words)}", flush=True)
        finished[i] = carry_out_here(cell)
    return sum(seconds or 0.0 for seconds in finished)


if __name__ == "__main__":
    main()

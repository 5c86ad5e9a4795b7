"""The main job: `onehop-demo`, `python -m onehop_demo` or `hatch run demo`."""

from collections.abc import Sequence

import tyro

from onehop_interfaces import exit_on_bad_input, locked
from onehop_interfaces.options import check_options

from ._stage import carry_out
from ._stages import RESULTS, stages
from .config import Demo

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Carry out the main job and say where its results are."""
    demo = tyro.cli(Demo, args=argv, prog="onehop-demo")
    with exit_on_bad_input("onehop-demo"):
        check_options(demo)
        with locked(demo.folder):
            seconds = carry_out(stages(demo), demo.folder)
    for file in sorted((demo.folder / RESULTS).glob("*.*")):
        print(file)
    print(f"{seconds / 60:.1f} minutes of computing")


if __name__ == "__main__":
    main()

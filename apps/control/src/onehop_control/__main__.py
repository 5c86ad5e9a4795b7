"""onehop-control: a Kinova Gen3 moved by a policy."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tyro

from onehop_interfaces import exit_on_bad_input

from ._benched import benched
from ._sim import sim
from .config import DESCRIPTION, Bench, Command, Sim

__all__ = ["main"]

PROGRAMS: Mapping[type, Callable[[Any], int]] = {Sim: sim, Bench: benched}
"""What each of the sub-commands does; the status that it exits with."""


def main(argv: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    command: Any = tyro.cli(
        Command, prog="onehop-control", description=DESCRIPTION, args=argv
    )
    try:
        with exit_on_bad_input("onehop-control"):
            status = PROGRAMS[type(command)](command)
    except KeyboardInterrupt:
        sys.exit("onehop-control: interrupted")
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main()

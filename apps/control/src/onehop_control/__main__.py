"""onehop-control: a Kinova Gen3 moved by a policy."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tyro

from onehop_interfaces import BadInput, exit_on_bad_input
from onehop_kinova_driver import ArmError

from ._benched import benched
from ._doctor import examined
from ._metal import looked_at, moved, shadowed
from ._replayed import replayed
from ._sim import sim
from .config import (
    DESCRIPTION,
    Bench,
    Command,
    Doctor,
    Preflight,
    Replay,
    Run,
    Shadow,
    Sim,
)

__all__ = ["main"]

PROGRAMS: Mapping[type, Callable[[Any], int]] = {
    Doctor: examined,
    Preflight: looked_at,
    Sim: sim,
    Shadow: shadowed,
    Run: moved,
    Replay: replayed,
    Bench: benched,
}
"""What each of the sub-commands does; the status that it exits with."""


def main(argv: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    command: Any = tyro.cli(
        Command, prog="onehop-control", description=DESCRIPTION, args=argv
    )
    try:
        with exit_on_bad_input("onehop-control"):
            status = _done(command)
    except KeyboardInterrupt:
        sys.exit("onehop-control: interrupted")
    if status:
        sys.exit(status)


def _done(command: Any) -> int:
    try:
        return PROGRAMS[type(command)](command)
    except ArmError as error:
        raise BadInput(f"arm: expected an answer, got {error}") from None


if __name__ == "__main__":
    main()

"""Stages: commands carried out one after the other, each once.

A finished stage leaves a note of the command and its seconds in the output folder. The
next run passes over the stages whose note holds the same command, as long as every
stage before was passed over too; so an interrupted job goes on where it was, and a
changed option redoes what hangs on it.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Stage", "carry_out"]


@dataclass(frozen=True)
class Stage:
    """One command.

    Attributes:
        name: What the user calls it, e.g. "distil".
        program: The name of the command, e.g. "onehop-train".
        main: Its main function, given the arguments.
        arguments: The arguments.
    """

    name: str
    program: str
    main: Callable[[Sequence[str]], object]
    arguments: list[str]

    @property
    def command(self) -> str:
        """The command as one would type it."""
        return " ".join([self.program, *self.arguments])


def noted(note: Path, command: str) -> float | None:
    """Seconds that `command` took, if the note says it was finished."""
    if not note.exists():
        return None
    entry = json.loads(note.read_text("utf-8"))
    return float(entry["seconds"]) if entry["command"] == command else None


def carry_out(stages: Sequence[Stage], folder: Path) -> float:
    """Carry out the stages not yet finished.

    Args:
        stages: In order; each may need the output of those before it.
        folder: Where the notes lie.

    Returns:
        Seconds of computing of all stages, those of earlier runs included [s].
    """
    total, fresh = 0.0, False
    for number, stage in enumerate(stages, 1):
        note = folder / f"{stage.name}.json"
        seconds = None if fresh else noted(note, stage.command)
        head = f"[{number}/{len(stages)}] {stage.name}"
        if seconds is None:
            print(f"{head}: {stage.command}", flush=True)
            start = time.perf_counter()
            stage.main(stage.arguments)
            seconds, fresh = time.perf_counter() - start, True
            write(note, {"command": stage.command, "seconds": seconds})
        else:
            print(f"{head}: finished before, in {seconds:.0f} s", flush=True)
        total += seconds
    return total


def write(note: Path, entry: dict[str, object]) -> None:
    """Write a note, whole or not at all."""
    temporary = note.with_suffix(".tmp")
    temporary.write_text(json.dumps(entry) + "\n", "utf-8")
    os.replace(temporary, note)

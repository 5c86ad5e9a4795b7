"""Stages: commands carried out one after the other, each once.

A finished stage leaves a note of its command and its seconds in the output folder, and
the next run passes over it; so an interrupted job goes on where it was. A folder holds
one job: if a note tells of another command, nothing is run.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from onehop_interfaces import (
    BadInput,
    number,
    read_json,
    sources_sha256,
    whole_file,
)

__all__ = ["Stage", "carry_out"]


@dataclass(frozen=True)
class Stage:
    """One command.

    Attributes:
        name: What the user calls it, e.g. "distil".
        program: The name of the command, e.g. "onehop-train".
        main: Its main function, given the arguments.
        arguments: The arguments.
        begun: A file that is there once the stage has begun, if it then has to be told
            to go on by `--resume`.
    """

    name: str
    program: str
    main: Callable[[Sequence[str]], object]
    arguments: list[str]
    begun: Path | None = None

    @property
    def command(self) -> str:
        """The command as one would type it."""
        return " ".join([self.program, *self.arguments])

    def run(self) -> float:
        """Run it, or go on with it; the seconds it took [s]."""
        resume = self.begun is not None and self.begun.exists()
        start = time.perf_counter()
        self.main([*self.arguments, "--resume"] if resume else self.arguments)
        return time.perf_counter() - start


def carry_out(stages: Sequence[Stage], folder: Path) -> float:
    """Carry out the stages not yet finished.

    Args:
        stages: In order; each may need the output of those before it.
        folder: Where the notes lie.

    Returns:
        Seconds that all stages took, those finished in earlier runs included [s].

    Raises:
        BadInput: if the folder holds another job.
    """
    finished = [noted(folder / f"{stage.name}.json", stage) for stage in stages]
    for i, stage in enumerate(stages):
        head = f"[{i + 1}/{len(stages)}] {stage.name}"
        if finished[i] is not None:
            print(f"{head}: finished before, in {finished[i]:.0f} s", flush=True)
            continue
        print(f"{head}: {stage.command}", flush=True)
        seconds = finished[i] = stage.run()
        note = {"command": stage.command, "sources": sources_sha256()}
        write(folder / f"{stage.name}.json", {**note, "seconds": seconds})
    return sum(seconds or 0.0 for seconds in finished)


def noted(note: Path, stage: Stage) -> float | None:
    """Seconds that the stage took, if its note is there."""
    if not note.exists():
        return None
    entry = read_json(note)
    if entry.get("command") != stage.command:
        raise BadInput(
            f"--out: expected {stage.command!r} or nothing in {note}, "
            f"got {entry.get('command')!r}; choose another folder"
        )
    if entry.get("sources") != sources_sha256():
        raise BadInput(
            f"--out: {note} was made by other versions of the onehop packages than are "
            "installed; choose another folder"
        )
    return number(entry.get("seconds"), f"{note}: seconds")


def write(note: Path, entry: dict[str, object]) -> None:
    """Write a note, whole or not at all."""
    with whole_file(note) as file:
        file.write_text(json.dumps(entry) + "\n", "utf-8")

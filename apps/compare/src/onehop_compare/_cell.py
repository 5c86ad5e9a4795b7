"""Cells: the commands that a comparison is made of, each carried out once.

A cell is a command of another app, run in a process of its own on one thread. When it
has ended well it leaves a note of itself beside its log, and is not run again; so a
comparison that was stopped goes on where it was. A command that can go on half-way is
told to.

The process hangs on a lifeline, the reading end of a pipe: it ends when the writing end
is closed, which the system does for a process that is killed (see `_child`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from onehop_interfaces import BadInput, sources_sha256, whole_file

from . import _child

__all__ = ["Cell", "carry_out"]


@dataclass(frozen=True)
class Cell:
    """One command.

    Attributes:
        name: Unique within a comparison, e.g. "pusht/sds-0".
        words: Module and arguments, as after `python -m`.
        folder: Where its note and its log are kept.
        needs: Names of the cells that must have ended before.
        begun: A file that is there once it has begun, if it then goes on by `--resume`.
    """

    name: str
    words: tuple[str, ...]
    folder: Path
    needs: tuple[str, ...] = ()
    begun: Path | None = None

    @property
    def log(self) -> Path:
        """What the command prints."""
        return self.folder / f"{self.name.replace('/', '-')}.log"

    @property
    def note(self) -> Path:
        """There once the command has ended well."""
        return self.log.with_suffix(".json")

    def done(self) -> bool:
        """Whether it has ended well before.

        Raises:
            BadInput: if another command of this name has, or this one by other code.
        """
        if not self.note.exists():
            return False
        note = json.loads(self.note.read_text("utf-8"))
        came = note["words"]
        if note.get("sources") != sources_sha256():
            raise BadInput(
                f"--out: {self.note} was made by other versions of the onehop packages "
                "than are installed; choose another folder"
            )
        if came != list(self.words):
            theirs = " ".join(set(came) ^ set(self.words))
            raise BadInput(
                f"--out: {self.note} is of other settings (they differ in {theirs!r}); "
                "choose another folder"
            )
        return True


def carry_out(cell: Cell, lifeline: int, held: tuple[int, ...] = ()) -> float:
    """Run a cell's command to its end; the seconds it took [s].

    Args:
        cell: What to run.
        lifeline: The reading end of a pipe that the command lives no longer than.
        held: Descriptors of locks that are to be held as long as the command runs.

    Raises:
        BadInput: if the command fails, with the last thing it printed.
    """
    resume = cell.begun is not None and cell.begun.exists()
    # -P: as with -m, the folder of the script is no place to import from.
    command = [sys.executable, "-P", _child.__file__, str(lifeline), *cell.words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    cell.folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with cell.log.open("w") as log:
        status = subprocess.run(
            [*command, *(["--resume"] if resume else [])],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
            pass_fds=(lifeline, *held),
        ).returncode
    if status:
        printed = cell.log.read_text("utf-8", "replace").split("\n")
        last = next((line for line in reversed(printed) if line.strip()), "nothing")
        raise BadInput(
            f"{cell.name}: expected its command to end well, got status {status}: "
            f"{last.strip()} ({cell.log})"
        )
    seconds = time.perf_counter() - start
    with whole_file(cell.note) as file:
        note = {
            "words": list(cell.words),
            "seconds": seconds,
            "sources": sources_sha256(),
        }
        file.write_text(json.dumps(note) + "\n", "utf-8")
    return seconds

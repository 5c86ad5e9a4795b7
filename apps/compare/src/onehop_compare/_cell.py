"""Cells: the commands that a comparison is made of, each carried out once.

A cell is a command of another app, run in a process of its own on one thread. When it
has ended well it leaves a note of itself beside its log, and is not run again; so a
comparison that was stopped goes on where it was. A command that can go on half-way is
told to.

The process hangs on a lifeline, the reading end of a pipe: it ends when the writing end
is closed, which the system does for a process that is killed (see `_child`). The note
says how long the command took, and how much memory it had at the most.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from onehop_interfaces import (
    BadInput,
    number,
    read_json,
    sources_sha256,
    whole_file,
)

from . import _child

__all__ = ["Cell", "carry_out", "carry_out_here", "words_of"]


@dataclass(frozen=True)
class Cell:
    """One command.

    Attributes:
        name: Unique within a comparison, e.g. "pusht/sds-0".
        words: Module and arguments, as after `python -m`.
        folder: Where its note and its log are kept.
        needs: Names of the cells that must have ended before.
        begun: A file that is there once it has begun, if it then goes on by `--resume`.
        threads: CPUs that it is given.
        gpus: Share of a GPU that it is given on a cluster.
    """

    name: str
    words: tuple[str, ...]
    folder: Path
    needs: tuple[str, ...] = ()
    begun: Path | None = None
    threads: int = 1
    gpus: float = 0.0

    @property
    def log(self) -> Path:
        """What the command prints."""
        return self.folder / f"{self.name.replace('/', '-')}.log"

    @property
    def note(self) -> Path:
        """There once the command has ended well."""
        return self.log.with_suffix(".json")

    def took(self) -> float | None:
        """Seconds it took, if it has ended well before [s].

        Raises:
            BadInput: if another command of this name has, or this one by other code.
        """
        if not self.note.exists():
            return None
        note = read_json(self.note)
        came = note.get("words", [])
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
        return number(note.get("seconds"), f"{self.note}: seconds")

    def ended(self, seconds: float, peak: int | None = None) -> None:
        """Leave the note, whole or not at all.

        Args:
            seconds: That it took [s].
            peak: The most memory it had, if it had a process of its own [bytes].
        """
        note = {
            "words": list(self.words),
            "sources": sources_sha256(),
            "seconds": seconds,
            "peak_bytes": peak,
        }
        with whole_file(self.note) as file:
            file.write_text(json.dumps(note) + "\n", "utf-8")

    @property
    def more(self) -> list[str]:
        """What its command has to be told if it was begun before."""
        begun = self.begun is not None and self.begun.exists()
        return ["--resume"] if begun else []


def carry_out(cell: Cell, lifeline: int, held: tuple[int, ...] = ()) -> float:
    """Run a cell's command to its end; the seconds it took [s].

    Args:
        cell: What to run.
        lifeline: The reading end of a pipe that the command lives no longer than.
        held: Descriptors of locks that are to be held as long as the command runs.

    Raises:
        BadInput: if the command fails, with the last thing it printed.
    """
    cell.folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    status, peak = _run(cell, lifeline, held)
    if status:
        printed = cell.log.read_text("utf-8", "replace").split("\n")
        last = next((line for line in reversed(printed) if line.strip()), "nothing")
        raise BadInput(
            f"{cell.name}: expected its command to end well, got status {status}: "
            f"{last.strip()} ({cell.log})"
        )
    cell.ended(seconds := time.perf_counter() - start, peak)
    return seconds


def _run(cell: Cell, lifeline: int, held: tuple[int, ...]) -> tuple[int, int | None]:
    """The command's status, and the most memory it had, if it could say [bytes]."""
    # -P: as with -m, the folder of the script is no place to import from.
    command = [sys.executable, "-P", _child.__file__, str(lifeline)]
    reading, told = os.pipe()
    try:
        with cell.log.open("w") as log:
            status = subprocess.run(
                [*command, str(told), *cell.words, *cell.more],
                env={**os.environ, "OMP_NUM_THREADS": str(cell.threads)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
                pass_fds=(lifeline, told, *held),
            ).returncode
        # So that there is something to read, whatever became of the command.
        os.write(told, b" ")
        return status, int(os.read(reading, 64).strip() or 0) or None
    finally:
        os.close(reading)
        os.close(told)


def carry_out_here(cell: Cell) -> float:
    """Run a cell in this process, for all to see; the seconds it took [s].

    Raises:
        BadInput: as its command does.
    """
    module, *words = cell.words
    start = time.perf_counter()
    import_module(f"{module}.__main__").main([*words, *cell.more])
    cell.ended(seconds := time.perf_counter() - start)
    return seconds


def words_of(options: Mapping[str, object]) -> list[str]:
    """{"n_obs": 2, "ahead": True} as ["--n-obs", "2", "--ahead"]; no None, no False."""
    words = []
    for name, value in options.items():
        if value is not None and value is not False:
            words.append(f"--{name.replace('_', '-')}")
            words += [] if value is True else [str(value)]
    return words

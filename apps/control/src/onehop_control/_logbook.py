"""The folder of an episode: the driver's log, the policy's decisions, the result.

log               every tick (`onehop_kinova_driver.read_log`)
decisions.jsonl   a line per decision
result.json       what came of it, of what, by which versions
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from onehop_interfaces import (
    SEAL,
    UNSEALED,
    BadInput,
    parse_json,
    read_file,
    seal,
    versions,
    whole_file,
    writing,
)
from onehop_kinova_driver import Reason, read_log

from ._outcome import Decided, Outcome, outcome
from ._problem import Problem

__all__ = ["decided_in", "finite", "new_folder", "problem_json", "sum_up", "write_json"]

MOST = 2**28
"""A file of decisions is at most that long [bytes]."""


@contextmanager
def new_folder(out: Path | None) -> Iterator[Path]:
    """The folder `out`, empty, made if need be; without one, one that goes afterwards.

    Raises:
        BadInput: if something is in it.
    """
    if out is None:
        with TemporaryDirectory(prefix="onehop-control-") as temporary:
            yield Path(temporary)
        return
    new = not out.exists()
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise BadInput(f"--out: expected a new or empty folder, {out} is none")
    try:
        yield out
    finally:
        if new and not any(out.iterdir()):
            out.rmdir()


def decided_in(file: Path) -> Decided:
    """What a policy did, by its file; nothing if there is none.

    Raises:
        BadInput: if a line of the file is no decision. A last one that was cut short
            is left out.
    """
    lines = read_file(file, MOST).split(b"\n")[:-1] if file.exists() else []
    rows = [parse_json(line, str(file)) for line in lines]
    return Decided(
        [float(row["latency"]) for row in rows],
        sum(int(row["missed"]) for row in rows),
        sum(bool(row.get("switched")) for row in rows),
    )


def sum_up(folder: Path, problem: Problem, near: float, reason: Reason) -> Outcome:
    """What came of the episode in a folder; `result.json` is written there.

    Raises:
        BadInput: if its log cannot be read.
    """
    log = read_log(folder / "log")
    decided = decided_in(folder / "decisions.jsonl")
    came = outcome(log.ticks, decided, problem, log.gate.arm, near, reason)
    about = {
        "format": "onehop-control-episode",
        "version": 1,
        "command": ["onehop-control", *sys.argv[1:]],
        "problem": problem_json(problem),
        "outcome": finite(asdict(came)),
        "versions": versions("numpy", "mujoco"),
    }
    write_json(folder / "result.json", about)
    return came


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON values."""
    scene = json.loads(problem.scene.to_json())
    return {**problem._asdict(), "scene": scene}


def finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with None for what is infinite: JSON has no word for it."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not isfinite(value) else value

    return {name: plain(value) for name, value in values.items()}


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a sealed file, whole or not at all.

    Raises:
        BadInput: if it cannot be.
    """
    with whole_file(path) as file:
        text = json.dumps({SEAL: UNSEALED, **values}, indent=1, allow_nan=False)
        file.write_text(text, "utf-8")
        seal(file)

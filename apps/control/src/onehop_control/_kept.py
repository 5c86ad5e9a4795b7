"""Trials that are already done: a sealed JSON file for each.

A folder per policy, named by all that its trials depend on, and in it a file per
problem: an interrupted bench goes on where it stopped, one of more problems runs those
that are new, a changed one starts afresh.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import inf
from pathlib import Path
from typing import Any

from onehop_interfaces import (
    BadInput,
    check_seal,
    number,
    read_json,
    settings,
    whole,
)
from onehop_kinova_driver import Vec3

from ._logbook import finite, write_json
from ._outcome import Outcome

__all__ = ["Kept", "Record"]

FORMAT = {"format": "onehop-control-trial", "version": 1}
EVERY = 4
"""Of the ticks, one in so many leaves its place in a path."""


@dataclass(frozen=True)
class Record:
    """What is kept of a trial.

    Attributes:
        outcome: What came of it.
        latencies: Of its decisions [s].
        path: Where the tool was, now and then [m].
    """

    outcome: Outcome
    latencies: tuple[float, ...]
    path: tuple[Vec3, ...]


class Kept:
    """The trials of a policy.

    Args:
        folder: Of all policies.
        key: JSON values that say all that trials depend on beside their problem.
    """

    def __init__(self, folder: Path, key: Mapping[str, Any]) -> None:
        text = json.dumps(key, sort_keys=True)
        self._folder = folder / hashlib.sha256(text.encode()).hexdigest()[:16]

    def path(self, seed: int) -> Path:
        """Where the trial of a problem is kept."""
        return self._folder / f"{seed}.json"

    def save(self, seed: int, record: Record) -> None:
        """Keep a trial."""
        values = {
            **FORMAT,
            "outcome": finite(asdict(record.outcome)),
            "latencies": record.latencies,
            "path": record.path,
        }
        write_json(self.path(seed), values)

    def load(self, seed: int) -> Record | None:
        """The trial of a problem; None if it was not run.

        Raises:
            BadInput: naming the file, if it is not as it was written.
        """
        path = self.path(seed)
        if not path.exists():
            return None
        try:
            check_seal(path)
            names = (*FORMAT, "outcome", "latencies", "path")
            found = settings(read_json(path), str(path), names, {"seal": ""})
            came = {name: found[name] for name in FORMAT}
            if came != FORMAT:
                raise BadInput(f"{path}: expected {FORMAT}, got {came}")
            latencies = tuple(_numbers(found["latencies"], f"{path}: latencies"))
            places = _rows(found["path"], f"{path}: path")
            return Record(_outcome(found["outcome"], path), latencies, places)
        except BadInput as error:
            raise BadInput(f"{error}; remove the file to run it again") from None


def _outcome(value: object, path: Path) -> Outcome:
    given = settings(value, f"{path}: outcome", [f.name for f in fields(Outcome)])
    return Outcome(
        **{f.name: _read(f.type, given[f.name], path) for f in fields(Outcome)}
    )


def _read(kind: object, value: Any, path: Path) -> Any:
    """A value of the kind that a field's annotation names."""
    if kind == "float":
        return inf if value is None else float(number(value, str(path)))
    if kind == "int":
        return whole(value, str(path), 0, 2**53)
    if type(value).__name__ != kind:
        raise BadInput(f"{path}: expected a {kind}, got {value!r:.100}")
    return value


def _numbers(value: object, what: str) -> list[float]:
    if not isinstance(value, list):
        raise BadInput(f"{what}: expected a list, got {value!r:.100}")
    return [float(number(each, what)) for each in value]


def _rows(value: object, what: str) -> tuple[Vec3, ...]:
    if not isinstance(value, list):
        raise BadInput(f"{what}: expected a list, got {value!r:.100}")
    made = []
    for row in value:
        numbers = _numbers(row, what)
        if len(numbers) != 3:
            raise BadInput(f"{what}: expected points of 3 numbers, got {row!r:.100}")
        made.append((numbers[0], numbers[1], numbers[2]))
    return tuple(made)

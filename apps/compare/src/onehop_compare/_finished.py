"""What finished studies have left, read for the table of their family.

Nothing else is asked: the table can be made again at any time, of studies that were
carried out one by one, by several commands or on several machines, once their folders
lie side by side. One study's file is read at a time, and its successes and times kept.
Where a study has several teachers, what they and their students achieved stands one
below the other, and of each it is known whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onehop_evaluate import read_results
from onehop_interfaces import BadInput, read_json
from onehop_tasks import families

from ._teachers import folders

__all__ = ["Achieved", "Finished", "Peak", "finished", "peak"]


class Achieved(NamedTuple):
    """What a policy achieved at a task.

    Attributes:
        role: What it is beside the others: "full", "few" and "one" are the teacher's.
        nfe: Calls of its network in a decision.
        success: Of every training seed and start, 0 or 1, (S, E).
        taught: Which of the study's teachers each of the seeds is of, (S,).
        deciding: Median time of a decision on one thread [s].
        sensing: Median time of an observation, where that takes any [s].
    """

    role: str
    nfe: int
    success: NDArray[np.float64]
    taught: NDArray[np.intp]
    deciding: float
    sensing: float | None


@dataclass(frozen=True, eq=False)
class Finished:
    """A study with a table of its own.

    Attributes:
        name: The study's.
        part: Of the family.
        rows: By name, what policies achieved.
        onehop: Versions of our packages' sources, as hashes, one per teacher.
        processors: On which times were taken, likewise.
    """

    name: str
    part: str
    rows: Mapping[str, Achieved]
    onehop: tuple[str, ...]
    processors: tuple[str, ...]

    @property
    def episodes(self) -> int:
        """Per policy."""
        return int(next(iter(self.rows.values())).success.shape[1])

    @property
    def teachers(self) -> int:
        """How many there are."""
        return len(self.onehop)

    def reference(self, role: str, name: str) -> NDArray[np.float64] | None:
        """Successes (S, E) of the teacher in that role, row by row of whom it taught.

        Args:
            role: The teacher's.
            name: Of a row.
        """
        found = [row.success for row in self.rows.values() if row.role == role]
        return found[0][self.rows[name].taught] if found else None


def finished(out: Path, family: str, judged: str) -> list[Finished]:
    """The studies of a family that have a table of these starts, in order.

    Args:
        out: Where the studies' folders are.
        family: Its name.
        judged: Name of the folder of a table.

    Raises:
        BadInput: naming the file, if a study's results are none; naming the study, if
            its teachers were not judged by as many episodes.
    """
    found = []
    for study in families().get(family, []):
        if study.group is None:
            continue
        tables = [f / judged / "results.json" for f in folders(out, study.name)]
        there = enumerate(path for path in tables if path.exists())
        each = [_read(p, study.name, study.group.part, nth) for nth, p in there]
        if each:
            found.append(_together(each))
    return found


def _read(path: Path, name: str, part: str, teacher: int) -> Finished:
    """A study as one of its teachers left it."""
    results = read_results(path)
    try:
        made = results["provenance"]
        return Finished(
            name,
            part,
            {row["policy"]: _achieved(row, teacher) for row in results["rows"]},
            (made["versions"]["onehop"],),
            (made["machine"]["processor"],),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{path}: expected results of onehop-compare as it is, got others ({error})"
        ) from None


def _together(each: Sequence[Finished]) -> Finished:
    """A study with all of its teachers; times are the first's.

    Raises:
        BadInput: if they were not judged by as many episodes.
    """
    first, episodes = each[0], [one.episodes for one in each]
    if len(set(episodes)) > 1:
        raise BadInput(
            f"{first.name}: expected as many episodes for each of its teachers, "
            f"got {', '.join(map(str, episodes))}"
        )
    rows: dict[str, Achieved] = {}
    for one in each:
        for name, row in one.rows.items():
            rows[name] = _below(rows.get(name), row)
    return replace(
        first,
        rows=rows,
        onehop=tuple(version for one in each for version in one.onehop),
        processors=tuple(made for one in each for made in one.processors),
    )


def _below(above: Achieved | None, row: Achieved) -> Achieved:
    """The seeds of a row below those that are there."""
    if above is None:
        return row
    return above._replace(
        success=np.concatenate([above.success, row.success]),
        taught=np.concatenate([above.taught, row.taught]),
    )


def _achieved(row: Mapping[str, Any], teacher: int) -> Achieved:
    success = np.array([seed["per_start"]["success"] for seed in row["seeds"]], float)
    if success.ndim != 2 or success.size == 0:
        raise ValueError(f"success of shape {success.shape}")
    sensing = row["sensing"]
    return Achieved(
        str(row["role"]),
        int(row["nfe"]),
        success,
        np.full(len(success), teacher),
        float(row["latency_one_thread"]["p50_seconds"]),
        None if sensing is None else float(sensing["p50_seconds"]),
    )


class Peak(NamedTuple):
    """The most memory that a cell had.

    Attributes:
        memory: [bytes].
        cell: Which.
    """

    memory: int
    cell: str


def peak(out: Path, studies: list[Finished]) -> Peak | None:
    """Over all cells of these studies, as their notes say; None if none does."""
    found = []
    for study in studies:
        for folder in folders(out, study.name):
            for note in sorted((folder / "cells").glob("*.json")):
                had = read_json(note).get("peak_bytes")
                if isinstance(had, int):
                    found.append(Peak(had, note.stem))
    return max(found, default=None)

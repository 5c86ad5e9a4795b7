"""What finished studies have left, read for the table of their family.

Nothing else is asked: the table can be made again at any time, of studies that were
carried out one by one, by several commands or on several machines, once their folders
lie side by side. One study's file is read at a time, and its successes and times kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onehop_evaluate import read_results
from onehop_interfaces import BadInput, read_json
from onehop_tasks import families

__all__ = ["Achieved", "Finished", "Peak", "finished", "peak"]


class Achieved(NamedTuple):
    """What a policy achieved at a task.

    Attributes:
        role: What it is beside the others: "full", "few" and "one" are the teacher's.
        nfe: Calls of its network in a decision.
        success: Of every training seed and start, 0 or 1, (S, E).
        deciding: Median time of a decision on one thread [s].
        sensing: Median time of an observation, where that takes any [s].
    """

    role: str
    nfe: int
    success: NDArray[np.float64]
    deciding: float
    sensing: float | None


@dataclass(frozen=True, eq=False)
class Finished:
    """A study with a table of its own.

    Attributes:
        name: The study's.
        part: Of the family.
        rows: By name, what policies achieved.
        onehop: Version of our packages' sources, as a hash.
        processor: On which times were taken.
    """

    name: str
    part: str
    rows: Mapping[str, Achieved]
    onehop: str
    processor: str

    @property
    def episodes(self) -> int:
        """Per policy."""
        return int(next(iter(self.rows.values())).success.shape[1])

    def teacher(self, role: str) -> NDArray[np.float64] | None:
        """Successes of the teacher in that role, (1, E)."""
        found = [row.success for row in self.rows.values() if row.role == role]
        return found[0] if found else None


def finished(out: Path, family: str, judged: str) -> list[Finished]:
    """The studies of a family that have a table of these starts, in order.

    Args:
        out: Where the studies' folders are.
        family: Its name.
        judged: Name of the folder of a table.

    Raises:
        BadInput: naming the file, if a study's results are none.
    """
    found = []
    for study in families().get(family, []):
        path = out / study.name / judged / "results.json"
        if study.group is not None and path.exists():
            found.append(_read(path, study.name, study.group.part))
    return found


def _read(path: Path, name: str, part: str) -> Finished:
    results = read_results(path)
    try:
        made = results["provenance"]
        return Finished(
            name,
            part,
            {row["policy"]: _achieved(row) for row in results["rows"]},
            made["versions"]["onehop"],
            made["machine"]["processor"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{path}: expected results of onehop-compare as it is, got others ({error})"
        ) from None


def _achieved(row: Mapping[str, Any]) -> Achieved:
    success = np.array([seed["per_start"]["success"] for seed in row["seeds"]], float)
    if success.ndim != 2 or success.size == 0:
        raise ValueError(f"success of shape {success.shape}")
    sensing = row["sensing"]
    return Achieved(
        str(row["role"]),
        int(row["nfe"]),
        success,
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
        for note in sorted((out / study.name / "cells").glob("*.json")):
            had = read_json(note).get("peak_bytes")
            if isinstance(had, int):
                found.append(Peak(had, note.stem))
    return max(found, default=None)

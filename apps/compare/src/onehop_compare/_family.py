"""A family's rows: what every policy achieves over the tasks, and what it costs.

A row counts the tasks that are complete for it: those with as many training seeds as it
has anywhere. Where it lacks some its mean is over other tasks than its neighbours', and
the table says so; its differences to the teacher, and the share of the teacher's
success that it keeps, are paired by task, teacher and start, and over the same tasks on
both sides. Intervals are of `onehop_evaluate.mean_over_tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from onehop_evaluate import (
    Estimate,
    Tasks,
    mean_over_tasks,
    ratio_over_tasks,
    success_over_tasks,
)

from ._finished import Achieved, Finished

__all__ = ["FamilyRow", "Pace", "complete", "parts_of", "rows_of"]


class Pace(NamedTuple):
    """What a decision takes on one thread, medians over tasks of medians.

    Attributes:
        deciding: The policy alone [s].
        sensing: The observation; None unless every task says what it takes [s].
        both: The whole decision [s].
    """

    deciding: float
    sensing: float | None
    both: float

    @property
    def hertz(self) -> float:
        """Whole decisions in a second."""
        return 1.0 / self.both


@dataclass(frozen=True, eq=False)
class FamilyRow:
    """A policy over the tasks of a family.

    Attributes:
        name: What it is called.
        role: What it is beside the others ("student", or a way to sample the teacher).
        nfe: Calls of its network in a decision.
        success: Mean over tasks.
        parts: The same over the tasks of every part; None where it has none.
        versus_full: Paired difference to the teacher with all its steps.
        versus_one: The same to the teacher at one step.
        kept: Share of the mean of the teacher with all its steps.
        pace: What a decision takes.
        tasks: Success at every task that counts.
    """

    name: str
    role: str
    nfe: int
    success: Estimate
    parts: Mapping[str, Estimate | None]
    versus_full: Estimate | None
    versus_one: Estimate | None
    kept: Estimate | None
    pace: Pace
    tasks: Mapping[str, float]


def parts_of(studies: Sequence[Finished]) -> list[str]:
    """The parts there are, in order; none if there is one alone."""
    found = list(dict.fromkeys(study.part for study in studies))
    return found if len(found) > 1 else []


def rows_of(studies: Sequence[Finished]) -> list[FamilyRow]:
    """One row per policy, in the order in which studies have them."""
    names = dict.fromkeys(name for study in studies for name in study.rows)
    return [_row(name, complete(name, studies), parts_of(studies)) for name in names]


def complete(name: str, studies: Sequence[Finished]) -> list[Finished]:
    """The studies in which a policy has all its seeds."""
    having = [study for study in studies if name in study.rows]
    most = max(len(study.rows[name].success) for study in having)
    return [study for study in having if len(study.rows[name].success) == most]


def _row(name: str, studies: Sequence[Finished], parts: Sequence[str]) -> FamilyRow:
    achieved = [study.rows[name] for study in studies]
    values = [each.success for each in achieved]
    of_parts = {
        part: [v for v, s in zip(values, studies, strict=True) if s.part == part]
        for part in parts
    }
    full, one = (_reference(studies, role, name) for role in ("full", "one"))
    role = achieved[0].role
    return FamilyRow(
        name=name,
        role=role,
        nfe=max(each.nfe for each in achieved),
        success=success_over_tasks(values),
        parts={p: success_over_tasks(v) if v else None for p, v in of_parts.items()},
        versus_full=None if role == "full" else _versus(values, full),
        versus_one=None if role == "one" else _versus(values, one),
        kept=None if role == "full" or not full else ratio_over_tasks(values, full),
        pace=_pace(achieved),
        tasks={
            study.name: float(v.mean())
            for study, v in zip(studies, values, strict=True)
        },
    )


def _reference(studies: Sequence[Finished], role: str, name: str) -> Tasks:
    """The teacher's successes at these tasks; none, if it is not there at all."""
    found = [study.reference(role, name) for study in studies]
    there = [values for values in found if values is not None]
    return there if len(there) == len(found) else []


def _versus(values: Tasks, reference: Tasks) -> Estimate | None:
    if not reference:
        return None
    return mean_over_tasks([m - n for m, n in zip(values, reference, strict=True)])


def _pace(achieved: Sequence[Achieved]) -> Pace:
    deciding = np.array([each.deciding for each in achieved])
    seeing = [each.sensing for each in achieved if each.sensing is not None]
    if len(seeing) < len(achieved):
        middle = float(np.median(deciding))
        return Pace(middle, None, middle)
    both = float(np.median(deciding + seeing))
    return Pace(float(np.median(deciding)), float(np.median(seeing)), both)

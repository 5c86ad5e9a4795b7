"""A line: one method over its training seeds, or one way to sample the teacher.

For a method trained from seeds 1, ..., S and rolled out from starts e, the value of a
start is its mean over the seeds; intervals are over starts (Wilson's for the success of
a single seed), and differences to the teacher are paired per start. How much training
seeds differ is told beside, as the least and the greatest success among them. Entropy
is each seed's own, averaged: seeds that each have one mode are not diverse together.

References are the teacher at one step, which a student has to beat to be of use, and at
ten, which costs ten times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_evaluate import Estimate, Rollouts, Row, mean, paired_difference, proportion

__all__ = ["Line", "lines_of"]

TEACHERS = 3
"""Rows of the teacher: all its steps, ten, one."""


@dataclass(frozen=True, eq=False)
class Line:
    """What is printed of a method.

    Attributes:
        title: What it is called.
        rows: Its students, a training seed each; or one way to sample the teacher.
        maximum: Mean over starts of the greatest metric.
        mean: Mean over starts of the mean metric.
        success: Share of successes.
        success_of_seeds: The least and the greatest among training seeds.
        entropy: Of modes, if the task has some, the seeds' mean.
        entropy_of_all: The same over all episodes.
        spread: Over z, as a share of the whole teacher's.
        success_to_ten: Difference of success to the teacher at ten steps.
        success_to_one: The same to the teacher at one step.
        maximum_to_one: Difference of `maximum` to the teacher at one step.
        seconds: Of processor time, to distil, the mean of seeds [s].
        teacher_evaluations: Chunks asked of the teacher, the seeds' mean.
    """

    title: str
    rows: Sequence[Row]
    maximum: Estimate
    mean: Estimate
    success: Estimate
    success_of_seeds: tuple[float, float]
    entropy: Estimate | None
    entropy_of_all: Estimate | None
    spread: float
    success_to_ten: Estimate | None
    success_to_one: Estimate | None
    maximum_to_one: Estimate | None
    seconds: float | None
    teacher_evaluations: float | None

    @property
    def student(self) -> bool:
        """Whether it was distilled."""
        return self.rows[0].measured.entry.student


def lines_of(rows: Sequence[Row], titles: Sequence[str], seeds: int) -> list[Line]:
    """A line per way of the teacher and per method.

    Args:
        rows: The teacher's, then the students', seeds of a method together.
        titles: Of the methods.
        seeds: Students of a method.
    """
    teacher, students = rows[:TEACHERS], rows[TEACHERS:]
    groups = [(row.name, [row]) for row in teacher]
    for i, title in enumerate(titles):
        groups.append((title, list(students[i * seeds : (i + 1) * seeds])))
    return [_line(title, group, teacher) for title, group in groups]


def _line(title: str, rows: list[Row], teacher: Sequence[Row]) -> Line:
    full, ten, one = (row.measured for row in teacher)
    rollouts = [row.measured.rollouts for row in rows]
    maximum, solved = _maximum(rollouts), _success(rollouts)
    is_ten, is_one = (rows[0].measured is m for m in (ten, one))
    solved_by_ten, solved_by_one = _success([ten.rollouts]), _success([one.rollouts])
    shares = [float(r.success.mean()) for r in rollouts]
    spread = float(np.mean([row.measured.spread for row in rows]))
    return Line(
        title=title,
        rows=rows,
        maximum=mean(maximum),
        mean=mean(np.mean([r.mean for r in rollouts], axis=0)),
        success=_share(rollouts),
        success_of_seeds=(min(shares), max(shares)),
        entropy=_mean_of([row.entropy for row in rows]),
        entropy_of_all=_mean_of([row.entropy_of_all for row in rows]),
        spread=spread / full.spread if full.spread else 0.0,
        success_to_ten=None if is_ten else paired_difference(solved, solved_by_ten),
        success_to_one=None if is_one else paired_difference(solved, solved_by_one),
        maximum_to_one=(
            None if is_one else paired_difference(maximum, one.rollouts.maximum)
        ),
        seconds=_cost(rows, "seconds"),
        teacher_evaluations=_cost(rows, "teacher_evaluations"),
    )


def _maximum(rollouts: Sequence[Rollouts]) -> NDArray[np.float64]:
    return np.asarray(np.mean([r.maximum for r in rollouts], axis=0))


def _success(rollouts: Sequence[Rollouts]) -> NDArray[np.float64]:
    return np.asarray(np.mean([r.success for r in rollouts], axis=0))


def _share(rollouts: Sequence[Rollouts]) -> Estimate:
    if len(rollouts) == 1:
        return proportion(rollouts[0].success)
    return mean(_success(rollouts))


def _mean_of(estimates: Sequence[Estimate | None]) -> Estimate | None:
    known = [estimate for estimate in estimates if estimate is not None]
    if not known:
        return None
    return Estimate(*(float(np.mean(values)) for values in zip(*known, strict=True)))


def _cost(rows: Sequence[Row], name: str) -> float | None:
    """A student's own record of its training."""
    costs: list[Any] = [
        row.measured.entry.provenance.get("metrics", {}).get(name) for row in rows
    ]
    if not rows[0].measured.entry.student or None in costs:
        return None
    return float(np.mean(costs))

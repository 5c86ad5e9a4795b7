"""Studies of point clouds: ten demonstrations, a teacher of its own, and its students.

Most of what a teacher costs is to look at points, so it learns every window at four
noises and looks at a quarter of the points, others each time. Students learn from what
it encodes, written once: they cost what those of small observations do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ._recipes import DNK, KDM, SLIM
from ._study import Budget, Group, Study
from ._task import Task

__all__ = ["cloud_study"]

_TEACH = Budget(1_500, ("--draws", "4", "--batch-size", "64", "--drop-points", "0.75"))
_BUDGETS = {
    "sds": Budget(1_500),
    # Ten demonstrations leave teachers narrow: what tells so little spread from twice
    # as much is seen at small noise, where errors of x are small and of eps are not.
    "sdm": Budget(1_500, ("--lam", "snr")),
    "onedp": Budget(1_500),
    "oneflow": Budget(1_000, ("--lr", "3e-4")),
    "dnk": Budget(3_000, (*DNK, *SLIM), pairs=50_000),
    "kdm": Budget(3_000, KDM, pairs=50_000),
    "kdm-f": Budget(3_000, KDM, pairs=50_000),
    "lcm": Budget(1_500),
    "cd": Budget(1_500, ("--lr", "2e-4")),
    "ctm": Budget(1_500),
    "regression": Budget(2_000),
    "mip": Budget(2_000),
    "drifting": Budget(1_500),
}


def cloud_study(
    task: Task, group: Group, about: str, policies: Callable[[], Path] | None = None
) -> Study:
    """The study of a task, named as it is.

    Args:
        task: Seen as a cloud.
        group: The family it is in.
        about: One line.
        policies: Who show how, if not the task's own demonstrator.
    """
    return Study(
        name=task.name,
        about=about,
        task=task,
        collect=10,
        policies=policies,
        teach=_TEACH,
        conditions=True,
        starts={"test": 20},
        budgets=_BUDGETS,
        pairs=("--teacher-steps", "10"),
        group=group,
    )

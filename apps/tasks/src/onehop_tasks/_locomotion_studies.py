"""Studies of HalfCheetah and Walker2d: plans, and a critic that chooses among them.

The zoo's episodes are of a medium and an expert actor in turn: made here, not D4RL's.
A teacher of plans learns from all of them, students from the teacher; a critic learns
and a return classifier learn from the rewards, and tables are of one plan and of the
best of several: by Q of their first action, by V of the state they end in, or by the
classifier, which then guides the teacher, too.
"""

from __future__ import annotations

import onehop_zoo

from ._choice import Choice
from ._locomotion import HALFCHEETAH, WALKER2D
from ._recipes import DNK, KDM, SLIM
from ._study import Budget, Study
from ._task import Task

__all__ = ["HALFCHEETAH_STUDY", "WALKER2D_STUDY"]

_BUDGETS = {
    "sds": Budget(2_000),
    "sdm": Budget(2_500),
    "onedp": Budget(2_000),
    "oneflow": Budget(1_200, ("--lr", "3e-4"), seeds=1),
    "dnk": Budget(4_000, (*DNK, *SLIM), pairs=200_000),
    "kdm": Budget(4_000, KDM, pairs=200_000),
    "kdm-f": Budget(4_000, KDM, pairs=200_000),
    "cd": Budget(1_800, ("--lr", "2e-4"), seeds=1),
    "ct": Budget(6_000, ("--lr", "1e-3"), seeds=1),
    "regression": Budget(4_000, seeds=1),
}


def _study(task: Task, gamma: float) -> Study:
    return Study(
        name=task.name,
        about="rewarded episodes of a medium and an expert actor; a critic chooses",
        task=task,
        data=lambda human: onehop_zoo.path(f"{task.name}-medium-expert"),
        teach=Budget(40_000, ("--first-action", "10")),
        starts={"test": 20},
        budgets=_BUDGETS,
        # Targets that follow faster than the paper's .005 need a quarter of its
        # updates; the last fifth is the actor's.
        critic=Budget(75_000, ("--target-rate", "0.02", "--gamma", str(gamma))),
        returns=Budget(20_000, ("--gamma", str(gamma))),
        # Temperatures of Diffuser's decisions, the coolest most often.
        pairs=(
            *("--teacher-steps", "5", "--tau", "0.5", "0.75", "1"),
            *("--tau-probabilities", "0.5", "0.25", "0.25"),
        ),
        choices=(
            Choice(),
            Choice(4, methods=("dnk",)),
            Choice(4, ahead=True, methods=("dnk", "kdm", "kdm-f")),
            Choice(16, returns=True, guidance=0.1, methods=("dnk", "kdm", "kdm-f")),
            Choice(16, ahead=True),
        ),
    )


HALFCHEETAH_STUDY = _study(HALFCHEETAH, 0.99)
# A fall comes later than .99 sees: by it the medium actor, which is quicker and falls,
# is the better one.
WALKER2D_STUDY = _study(WALKER2D, 0.997)

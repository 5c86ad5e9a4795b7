"""Every task and every study, by name: the one list that the commands read.

To add a task, write a file like `_avoiding.py` and name what it defines here.
"""

from __future__ import annotations

from collections.abc import Mapping

from onehop_interfaces import named

from ._adroit import ADROIT, ADROIT_STUDIES
from ._avoiding import AVOIDING, AVOIDING_STUDY
from ._kinova import KINOVA, KINOVA_STUDY
from ._locomotion import HALFCHEETAH, WALKER2D
from ._locomotion_studies import HALFCHEETAH_STUDY, WALKER2D_STUDY
from ._metaworld import METAWORLD, METAWORLD_STUDIES
from ._pusht import HUMAN_STUDY, PUSHT, PUSHT_STUDY
from ._pusht_pixels import PIXELS_STUDY, PUSHT_PIXELS
from ._square import SQUARE, SQUARE_STUDY
from ._study import Study
from ._task import Task

__all__ = ["STUDIES", "TASKS", "families", "study_named", "task_named"]

TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        *(PUSHT, PUSHT_PIXELS, AVOIDING, HALFCHEETAH, WALKER2D, KINOVA),
        SQUARE,
        *METAWORLD,
        *ADROIT,
    )
}
STUDIES: Mapping[str, Study] = {
    study.name: study
    for study in (
        *(PUSHT_STUDY, AVOIDING_STUDY, HUMAN_STUDY, PIXELS_STUDY),
        *(HALFCHEETAH_STUDY, WALKER2D_STUDY, KINOVA_STUDY),
        SQUARE_STUDY,
        *METAWORLD_STUDIES,
        *ADROIT_STUDIES,
    )
}


def families() -> dict[str, list[Study]]:
    """The studies of every family, by its name, in order."""
    found: dict[str, list[Study]] = {}
    for study in STUDIES.values():
        if study.group is not None:
            found.setdefault(study.group.family, []).append(study)
    return found


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        BadInput: if there is none; the message names those there are.
    """
    return named(TASKS, "--task", name)


def study_named(name: str, option: str) -> Study:
    """The study of that name, said by an option.

    Raises:
        BadInput: if there is none; the message names those there are.
    """
    return named(STUDIES, option, name)

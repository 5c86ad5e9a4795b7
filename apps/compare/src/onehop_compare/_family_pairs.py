"""Students beside each other: what one achieves more than another.

Both begin where the other does, and learn from the same teacher, so that what is hard
about a task, a start or a teacher is in neither's favour: the difference is paired by
all three. It is over the tasks that are complete for both, with as many students of
each teacher.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from onehop_evaluate import Estimate, mean_over_tasks

from ._family import complete
from ._finished import Finished

__all__ = ["Pair", "pairs_of"]


class Pair(NamedTuple):
    """Two students.

    Attributes:
        policy: Name of one.
        other: Name of that which it is compared with.
        tasks: How many tasks count.
        difference: Of success, the first less the other.
    """

    policy: str
    other: str
    tasks: int
    difference: Estimate


def pairs_of(studies: Sequence[Finished]) -> list[Pair]:
    """Every two students that share a task, in the order in which studies have them."""
    names = dict.fromkeys(
        name
        for study in studies
        for name, row in study.rows.items()
        if row.role == "student"
    )
    whole = {name: complete(name, studies) for name in names}
    pairs = (
        _pair(policy, other, [each for each in whole[policy] if each in whole[other]])
        for policy, other in combinations(names, 2)
    )
    return [pair for pair in pairs if pair is not None]


def _pair(policy: str, other: str, studies: Sequence[Finished]) -> Pair | None:
    """Over studies that are complete for both; None if they have no teacher alike."""
    both = [(study.rows[policy], study.rows[other]) for study in studies]
    differences = [
        m.success - n.success for m, n in both if np.array_equal(m.taught, n.taught)
    ]
    if not differences:
        return None
    return Pair(policy, other, len(differences), mean_over_tasks(differences))

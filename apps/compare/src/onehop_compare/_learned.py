"""The cells of what is learned from: demonstrations, conditions, pairs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ._cell import Cell, words_of

if TYPE_CHECKING:
    from ._plan import Plan

__all__ = ["collect", "conditions", "pairs"]


def collect(plan: Plan) -> Iterator[Cell]:
    """Demonstrations, if they are collected here."""
    study = plan.study
    if study.data is None:
        options = {
            "task": study.task.name,
            "states": None if study.states is None else study.states(),
            "policies": None if study.policies is None else study.policies(),
            "episodes": study.collect,
            "seed": plan.seed,
            "out": plan.data,
            "workers": 1,
        }
        words = ("onehop_collect", *words_of(options))
        yield Cell(plan.name("demonstrations"), words, plan.out / "cells")


def conditions(plan: Plan) -> Iterator[Cell]:
    """What the teacher encodes, if students learn from that."""
    if plan.study.conditions:
        options = {"teacher": plan.teacher, "data": plan.data, "out": plan.learned}
        words = ("onehop_train", "conditions", *words_of(options))
        yield Cell(plan.name("conditions"), words, plan.out / "cells", plan.taught)


def pairs(plan: Plan) -> Iterator[Cell]:
    """One cell for all methods that want as many."""
    weighed = plan.study.returns is not None
    needs = (*plan.learnable, *((plan.name("returns"),) if weighed else ()))
    for count in plan.counts:
        options = {
            "teacher": plan.teacher,
            "data": plan.learned,
            "out": plan.out / f"pairs-{count}",
            "count": count,
            "returns": plan.out / "returns" if weighed else None,
        }
        words = ("onehop_train", "pairs", *words_of(options), *plan.study.pairs)
        yield Cell(plan.name(f"pairs-{count}"), words, plan.out / "cells", needs)

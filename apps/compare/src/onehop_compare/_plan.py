"""The cells of a study: teach, distil every method from every seed, roll out.

<out>/<study>/teacher/          the teacher's run, if it is taught here
<out>/<study>/<method>-<seed>/  a student's run
<out>/<study>/rollouts/         episodes, by what they depend on
<out>/<study>/cells/            logs and notes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ._cell import Cell
from ._study import Budget, Study

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """A study, carried out with these methods and seeds.

    Attributes:
        study: What.
        out: The study's folder.
        human: The human demonstrations.
        methods: Names of methods.
        seeds: How many training seeds, 0, 1, ...
        starts: Set of starts to roll out from.
        episodes: How many of them.
        precision: Of training.
        scale: Of all numbers of updates.
    """

    study: Study
    out: Path
    human: Path
    methods: Sequence[str]
    seeds: int
    starts: str
    episodes: int
    precision: str
    scale: float

    # Once for all cells: the zoo hashes its files each time it is asked.
    @cached_property
    def data(self) -> Path:
        """The demonstrations."""
        return self.study.data(self.human)

    @cached_property
    def teacher(self) -> Path:
        """The teacher's checkpoint."""
        if self.study.teacher is not None:
            return self.study.teacher()
        return self.out / "teacher" / "checkpoint"

    def student(self, method: str, seed: int) -> Path:
        """A student's checkpoint."""
        return self.out / f"{method}-{seed}" / "checkpoint"

    @property
    def students(self) -> list[Path]:
        """All students' checkpoints: seeds of a method stand together."""
        pairs = ((m, seed) for m in self.methods for seed in range(self.seeds))
        return [self.student(method, seed) for method, seed in pairs]

    def cells(self) -> list[Cell]:
        """Every command, what it needs before it."""
        return [*self._teach(), self._roll_out("teacher", ()), *self._students()]

    def _students(self) -> Iterator[Cell]:
        for seed in range(self.seeds):
            for method in self.methods:
                distil = self._distil(method, seed)
                student = str(self.student(method, seed))
                yield distil
                yield self._roll_out(
                    f"{method}-{seed}", ("--students", student), distil.name
                )

    def _teach(self) -> Iterator[Cell]:
        if self.study.teacher is None:
            words = ("teacher", "--task", self.study.task)
            yield self._train("teacher", words, self.study.teach, 0)

    def _distil(self, method: str, seed: int) -> Cell:
        words = (method, "--teacher", str(self.teacher))
        budget = self.study.budget(method)
        taught = (f"{self.study.name}/teacher",) if self.study.teacher is None else ()
        return self._train(f"{method}-{seed}", words, budget, seed, taught)

    def _train(
        self,
        run: str,
        words: tuple[str, ...],
        budget: Budget,
        seed: int,
        needs: tuple[str, ...] = (),
    ) -> Cell:
        folder = self.out / run
        options = {
            "data": self.data,
            "out": folder,
            "steps": max(1, round(budget.steps * self.scale)),
            "seed": seed,
            "precision": self.precision,
        }
        given = (part for name, v in options.items() for part in (f"--{name}", str(v)))
        return Cell(
            f"{self.study.name}/{run}",
            ("onehop_train", *words, *given, *budget.more),
            self.out / "cells",
            needs,
            begun=folder / "run.json",
        )

    def _roll_out(self, run: str, words: tuple[str, ...], *needs: str) -> Cell:
        """The teacher's own are rolled out first, and found by all that follow."""
        teacher = f"{self.study.name}/roll-out-teacher"
        name = f"{self.study.name}/roll-out-{run}"
        taught = () if self.study.teacher else (f"{self.study.name}/teacher",)
        options = {
            "teacher": self.teacher,
            "task": self.study.task,
            "starts": self.starts,
            "episodes": self.episodes,
            "out": self.out,
        }
        given = (part for key, v in options.items() for part in (f"--{key}", str(v)))
        return Cell(
            name,
            ("onehop_evaluate", *words, *given, "--rollouts-only"),
            self.out / "cells",
            (*needs, *taught, *(() if name == teacher else (teacher,))),
        )

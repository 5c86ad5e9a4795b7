"""The cells of a study: collect, teach, distil by every method and seed, roll out.

<out>/<study>/demonstrations.safetensors    if they are collected here
<out>/<study>/teacher/          the teacher's run, if it is taught here
<out>/<study>/conditions.safetensors  what the teacher encodes, if students learn of it
<out>/<study>/critic/           the critic's run, if one chooses among plans
<out>/<study>/returns/          the return classifier's, likewise
<out>/<study>/pairs-<count>/    pairs of noise and chunk, for the methods that want them
<out>/<study>/<method>-<seed>/  a student's run
<out>/<study>/rollouts/         episodes, by what they depend on
<out>/<study>/<starts>/         the table from a set of starts, and its pictures
<out>/<study>/cells/            logs and notes
<out>/<family>/<starts>/        the table of a family, from those of its studies
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from onehop_tasks import Budget, Choice, Study

from ._cell import Cell, words_of
from ._learned import collect, conditions, pairs
from ._tables import Table

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
        starts: Sets of starts to roll out from, and how many of each.
        precision: Of training.
        scale: Of all numbers of updates.
        gpus: Share of a GPU for a training, on a cluster.
        n_action: Rows of a plan that all carry out, if not their own number.
        choices: How policies come by the plan that they carry out.
        seed: Of the teacher that is taught, and of demonstrations that are collected.
    """

    study: Study
    out: Path
    human: Path
    methods: Sequence[str]
    seeds: int
    starts: Mapping[str, int]
    precision: str
    scale: float
    gpus: float = 0.0
    n_action: int | None = None
    choices: Sequence[Choice] = (Choice(),)
    seed: int = 0

    # Once for all cells: the zoo hashes its files each time it is asked.
    @cached_property
    def data(self) -> Path:
        """The demonstrations."""
        if self.study.data is not None:
            return self.study.data(self.human)
        return self.out / "demonstrations.safetensors"

    @property
    def learned(self) -> Path:
        """What students learn from: the demonstrations, or the teacher's conditions."""
        if self.study.conditions:
            return self.out / "conditions.safetensors"
        return self.data

    @cached_property
    def teacher(self) -> Path:
        """The teacher's checkpoint."""
        if self.study.teacher is not None:
            return self.study.teacher()
        return self.out / "teacher" / "checkpoint"

    def chooser(self, choice: Choice) -> Path | None:
        """The run of who chooses, if one does."""
        if not choice.judged:
            return None
        return self.out / ("returns" if choice.returns else "critic")

    def used(self, choice: Choice) -> dict[str, Any]:
        """How policies are used: of `onehop_evaluate.Use`, what it says but for where.

        The same words are options of `onehop-evaluate`.
        """
        return {
            "n_action": self.n_action,
            "critic": self.chooser(choice),
            "candidates": choice.candidates,
            "guidance": choice.guidance,
            "temperature": choice.temperature,
            "ahead": choice.ahead,
            "data": None if self.study.critic is None else self.data,
        }

    @property
    def tables(self) -> list[Table]:
        """All there are to be."""
        return [Table(*of) for of in product(self.starts, self.choices)]

    def student(self, method: str, seed: int) -> Path:
        """A student's checkpoint."""
        return self.out / f"{method}-{seed}" / "checkpoint"

    def cells(self) -> list[Cell]:
        """Every command, what it needs before it."""
        return [
            *collect(self),
            *self._teach(),
            *self._teach_choosers(),
            *conditions(self),
            *pairs(self),
            *self._roll_outs("teacher", self.tables, ()),
            *self._students(),
        ]

    def there(self, failed: Collection[str], table: Table) -> dict[str, list[int]]:
        """The seeds of every method that were distilled and rolled out.

        Args:
            failed: Names of cells that were not carried out.
            table: For which table.
        """
        judged = {
            method: [
                seed
                for seed in self._seeds(method)
                if self.roll_out(f"{method}-{seed}", table) not in failed
            ]
            for method in self.methods
            if table.choice.asks(method)
        }
        return {method: seeds for method, seeds in judged.items() if seeds}

    def judged(self, table: Table) -> str:
        """Name of the folder of a table."""
        often = "" if self.n_action is None else f"-every-{self.n_action}"
        return f"{table.starts}{often}{table.choice.folder}"

    def roll_out(self, run: str, table: Table) -> str:
        """Name of the cell in which a run's policies are rolled out."""
        return self.name(f"roll-out-{run}-{self.judged(table)}")

    def name(self, what: str) -> str:
        """A cell's."""
        return f"{self.study.name}/{what}"

    def _seeds(self, method: str) -> range:
        """A method's training seeds."""
        most = self.study.budget(method).seeds
        return range(self.seeds if most is None else min(most, self.seeds))

    def _students(self) -> Iterator[Cell]:
        for seed in range(self.seeds):
            for method in self.methods:
                if seed not in self._seeds(method):
                    continue
                distil = self._distil(method, seed)
                student = str(self.student(method, seed))
                yield distil
                tables = [t for t in self.tables if t.choice.asks(method)]
                yield from self._roll_outs(
                    f"{method}-{seed}", tables, ("--students", student), distil.name
                )

    def _teach(self) -> Iterator[Cell]:
        if self.study.teacher is None:
            words = ("teacher", "--task", self.study.task.name)
            seed = {"seed": self.seed}
            yield self._train(
                "teacher", words, self.study.teach, self.collected, **seed
            )

    def _teach_choosers(self) -> Iterator[Cell]:
        """Those that are asked, and the classifier that pairs are weighed by."""
        asked = {self.chooser(choice) for choice in self.choices}
        critic, returns = self.study.critic, self.study.returns
        if critic is not None and self.out / "critic" in asked:
            single = {"precision": None}  # a critic has no other
            yield self._train("critic", ("critic",), critic, self.collected, **single)
        if returns is not None and (self.out / "returns" in asked or self.counts):
            words = ("returns", "--teacher", str(self.teacher))
            yield self._train("returns", words, returns, self.taught)

    @property
    def collected(self) -> tuple[str, ...]:
        """What a teacher needs."""
        return (self.name("demonstrations"),) if self.study.data is None else ()

    @property
    def taught(self) -> tuple[str, ...]:
        """What needs a teacher needs."""
        return self.collected if self.study.teacher else (self.name("teacher"),)

    @property
    def learnable(self) -> tuple[str, ...]:
        """What students need."""
        conditions = (self.name("conditions"),) if self.study.conditions else ()
        return (*self.taught, *conditions)

    @property
    def counts(self) -> list[int]:
        """How many pairs the methods want."""
        wanted = {self._scaled(self.study.budget(m).pairs) for m in self.methods}
        return sorted(wanted - {0})

    def _distil(self, method: str, seed: int) -> Cell:
        budget = self.study.budget(method)
        needs = self.learnable
        words: tuple[str, ...] = (method, "--teacher", str(self.teacher))
        if count := self._scaled(budget.pairs):
            words = (*words, "--pairs", str(self.out / f"pairs-{count}"))
            needs = (*needs, self.name(f"pairs-{count}"))
        run, data = f"{method}-{seed}", self.learned
        return self._train(run, words, budget, needs, seed=seed, data=data)

    def _scaled(self, count: int) -> int:
        """A number of updates or pairs, at the plan's scale; 0 stays 0."""
        return max(min(count, 1), round(count * self.scale))

    def _train(
        self,
        run: str,
        words: tuple[str, ...],
        budget: Budget,
        needs: tuple[str, ...],
        **differing: object,
    ) -> Cell:
        """A training; by their names, those of its options that are not as usual."""
        folder = self.out / run
        options = {
            "data": self.data,
            "out": folder,
            "steps": self._scaled(budget.steps),
            "seed": 0,
            "precision": self.precision,
            **differing,
        }
        return Cell(
            self.name(run),
            ("onehop_train", *words, *words_of(options), *budget.more),
            self.out / "cells",
            needs,
            begun=folder / "run.json",
            gpus=self.gpus,
        )

    def _roll_outs(
        self,
        run: str,
        tables: Sequence[Table],
        words: tuple[str, ...],
        *needs: str,
    ) -> Iterator[Cell]:
        """The teacher's own are rolled out first, and found by all that follow."""
        for table in tables:
            starts, choice = table
            teacher, name = self.roll_out("teacher", table), self.roll_out(run, table)
            chooser = self.chooser(choice)
            options = {
                "teacher": self.teacher,
                "task": self.study.task.name,
                "starts": starts,
                "episodes": self.starts[starts],
                "out": self.out,
                "workers": 1,
                **self.used(choice),
                "rollouts-only": True,
            }
            before = (
                *self.taught,
                *(() if chooser is None else (self.name(chooser.name),)),
                *(() if name == teacher else (teacher,)),
            )
            yield Cell(
                name,
                ("onehop_evaluate", *words, *words_of(options)),
                self.out / "cells",
                (*needs, *before),
            )

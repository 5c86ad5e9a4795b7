"""The command line of onehop-compare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from onehop_interfaces import BadInput
from onehop_interfaces.options import Positive, Size, Workers, between, check_options
from onehop_methods import METHODS
from onehop_tasks import STUDIES, Choice, Study, families

from ._plan import Plan
from ._teachers import folder_of

__all__ = ["Compare"]

QUICK = "dnk", "kdm"
QUICK_SCALE = 0.2
QUICK_EPISODES = 10


@dataclass(frozen=True)
class Compare:
    """Distil by every method from the same teachers, and set all side by side.

    Every study gets a table, its numbers and pictures, in a folder of its own under
    --out; a family of studies gets one beside, over all its tasks that are finished. A
    comparison that was interrupted goes on where it stopped when the command is given
    again.

    Every study that is in no family, on every core:
        onehop-compare

    Two methods on one task, three training seeds each:
        onehop-compare --out runs/two --studies pusht --methods sds oneflow --seeds 3

    A first look, at teacher, DNK and KDM alone:
        onehop-compare --out runs/quick --studies halfcheetah --quick

    Three teachers of a task, each with demonstrations and a student of its own:
        onehop-compare --studies metaworld-hammer --teachers 3 --methods sdm

    On a running Ray cluster whose nodes share the folder:
        onehop-compare --ray auto --seeds 3
    """

    out: Path = Path("runs/compare")
    """Folder of everything this makes."""

    studies: tuple[str, ...] = ()
    """Those that `onehop-tasks` lists; a family's name stands for all of its studies.
    By default all that are in no family, human where its data is, and square where
    robosuite is."""

    families_only: bool = False
    """Nothing is run: the families' tables are made again, of what studies have left
    in --out."""

    methods: tuple[str, ...] = ()
    """Methods by their name (`onehop-methods` lists them); all by default."""

    seeds: Annotated[int, between(1, 1000)] = 1
    """Training seeds of every student: 0, 1, ..."""

    teachers: Annotated[int, between(1, 1000)] = 1
    """Teachers of every study that teaches its own: seeds 0, 1, ... of its
    demonstrations, where they are collected, and its training. Each has students of its
    own, and a folder (STUDY-teacher-1); a family's table is over all of them."""

    starts: Literal["report", "validation"] = "report"
    """Where episodes begin: the study's own sets of starts, to be reported, or 200 of
    those to choose by."""

    episodes: Annotated[int, between(2, 100_000)] | None = None
    """At most so many per policy and set of starts; all that the study reports
    without."""

    n_action: Size | None = None
    """Actions of a plan that every policy carries out before it decides anew; without
    it as many as its teacher was made for. Students may be those of another table."""

    candidates: tuple[int, ...] = ()
    """Plans that are chosen among, a table for each: of the study's own choices those
    of these numbers, and by its critic where it has none; all its own without."""

    human: Path = Path("../shared/data/pusht_cchi_v7_replay.zarr.zip")
    """Diffusion Policy's human demonstrations."""

    workers: Workers = os.cpu_count() or 1
    """Commands to run at a time, on one thread each."""

    ray: str | None = None
    """Run them on a Ray cluster instead: its address, auto, or local."""

    gpus: Annotated[float, between(0.0, 64.0)] = 0.0
    """Share of a GPU that a training is given on a Ray cluster."""

    precision: Literal["auto", "no", "bf16"] = "auto"
    """Of training; auto is whichever is faster on this machine."""

    scale: Positive = 1.0
    """Of all numbers of updates: .01 for a quick look at the machinery."""

    quick: bool = False
    """A first look: a fifth of all updates, at most ten episodes, the methods dnk and
    kdm unless others are named, and of the ways to choose the study's last."""

    latency_rounds: Size = 20
    """Rounds of ten timed decisions per policy and number of threads."""

    def plans(self) -> Iterator[Plan]:
        """What is to be done, study by study.

        Raises:
            BadInput: naming the option that cannot be.
        """
        self._check()
        for study in self._studies():
            if not self._installed(study):
                raise BadInput(
                    f"--studies {study.name}: expected {study.needs} to be installed, "
                    f"which it needs; pip install 'onehop-tasks[{study.name}]'"
                )
            if study.teacher is not None and self.teachers > 1:
                raise BadInput(
                    f"--teachers: expected 1 for --studies {study.name}, whose teacher "
                    f"is there already, got {self.teachers}"
                )
            if study.policies is not None and not study.policies().exists():
                raise BadInput(
                    f"--studies {study.name}: expected the file of those who show how, "
                    f"found none at {study.policies()}"
                )
            yield from (self._plan(study, seed) for seed in range(self.teachers))

    def _plan(self, study: Study, seed: int) -> Plan:
        """A study with the teacher of a seed."""
        folder = folder_of(study.name, seed)
        return Plan(
            replace(study, name=folder),
            self.out / folder,
            self.human,
            self.methods or (QUICK if self.quick else tuple(METHODS)),
            self.seeds,
            self._starts(study),
            self.precision,
            self.scale * (QUICK_SCALE if self.quick else 1.0),
            self.gpus,
            self.n_action,
            self._choices(study),
            seed,
        )

    def _studies(self) -> list[Study]:
        """Those that are named, each once, or those there are without."""
        if not self.studies:
            alone = [study for study in STUDIES.values() if study.group is None]
            return [study for study in alone if self._at_hand(study)]
        known = {**families(), **{name: [study] for name, study in STUDIES.items()}}
        named = [study for name in self.studies for study in known[name]]
        return list({study.name: study for study in named}.values())

    def _starts(self, study: Study) -> dict[str, int]:
        """The sets of starts, and how many of each."""
        validation = study.task.starts["validation"]
        to_choose = {validation.name: validation.count}
        sets = study.starts if self.starts == "report" else to_choose
        most = self.episodes or (QUICK_EPISODES if self.quick else max(sets.values()))
        return {name: min(count, most) for name, count in sets.items()}

    def _choices(self, study: Study) -> tuple[Choice, ...]:
        """How plans are chosen.

        Raises:
            BadInput: if among none, or among several and the study has no critic.
        """
        if not self.candidates:
            return study.choices[-1:] if self.quick else study.choices
        least, most = min(self.candidates), max(self.candidates)
        if least < 1:
            raise BadInput(f"--candidates: expected 1 or more, got {least}")
        if most > 1 and study.critic is None:
            raise BadInput(
                f"--candidates: expected 1 for --studies {study.name}, which has no "
                f"critic, got {most}"
            )
        asked: list[Choice] = []
        for n in self.candidates:
            asked += [c for c in study.choices if c.candidates == n] or [Choice(n)]
        return tuple(asked)

    def _at_hand(self, study: Study) -> bool:
        recorded = study.name != "human" or self.human.exists()
        return recorded and self._installed(study)

    def _installed(self, study: Study) -> bool:
        return not study.needs or find_spec(study.needs) is not None

    def _check(self) -> None:
        check_options(self)
        alone = [name for name, study in STUDIES.items() if study.group is None]
        for option, given, known, told in (
            ("studies", self.studies, {*STUDIES, *families()}, [*alone, *families()]),
            ("methods", self.methods, METHODS, METHODS),
        ):
            for name in given:
                if name not in known:
                    raise BadInput(
                        f"--{option}: expected some of {', '.join(told)}; got {name!r}"
                    )
        if self.families_only and not any(study.group for study in self._studies()):
            raise BadInput(
                "--families-only: expected --studies to name a family or some of one, "
                f"got {' '.join(self.studies) or 'none'}"
            )
        if "human" in self.studies and not self.human.exists():
            raise BadInput(f"--human: expected a file, found none at {self.human}")

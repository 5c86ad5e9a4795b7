"""The main job as cells: [collect, teach,] distil, distil, evaluate.

SDM is what to choose first: it takes any teacher and keeps the different ways to do a
task. SwiftPolicy stands beside it. All policies decide every four steps of 0.1 s, as
one network call is quick enough to.
"""

from collections.abc import Sequence
from pathlib import Path

import onehop_zoo
from onehop_compare import Cell, words_of

from .config import Demo

__all__ = ["RESULTS", "stages"]

RESULTS = "evaluation"
"""Folder, under `Demo.folder`, of the table, the figures and the video."""

PAPER_STARTS = 50
TEACHER_STEPS = 24_000
HUMAN_JITTER = 3  # [px]
STUDENTS = {"sdm": 5_000, "sds": 2_400}
"""Method -> updates."""
N_ACTION = 4


def stages(demo: Demo) -> list[Cell]:
    """What has to be done, in order."""
    teacher, starts = demo.folder / "teacher" / "checkpoint", "test"
    if demo.human is not None:
        data, starts = demo.human, "paper"
        first = [teach(demo, data)]
    elif demo.from_scratch:
        data = demo.folder / "demonstrations.safetensors"
        first = [collect(demo, data), teach(demo, data)]
    else:
        data, teacher = map(onehop_zoo.path, ("pusht-planner", "pusht-teacher"))
        first = []
    students = [distil(demo, method, teacher, data) for method in STUDENTS]
    return [*first, *students, evaluate(demo, teacher, starts)]


def collect(demo: Demo, data: Path) -> Cell:
    """The planner's demonstrations."""
    options = {
        "episodes": demo.demonstrations,
        "seed": demo.seed,
        "temperature": 1,
        "out": data,
    }
    return Cell("collect", ("onehop_collect", *words_of(options)), demo.folder)


def teach(demo: Demo, data: Path) -> Cell:
    """The multi-step teacher."""
    options = {
        "data": data,
        "out": demo.folder / "teacher",
        "steps": demo.teacher_steps or TEACHER_STEPS,
        "seed": demo.seed,
        "precision": demo.precision,
    }
    few = ["--jitter", str(HUMAN_JITTER), "--mirror"] if demo.human else []
    return train(demo, "teacher", options, few)


def distil(demo: Demo, method: str, teacher: Path, data: Path) -> Cell:
    """A one-step student."""
    options = {
        "teacher": teacher,
        "data": data,
        "out": demo.folder / method,
        "steps": demo.student_steps or STUDENTS[method],
        "seed": demo.seed,
        "precision": demo.precision,
    }
    return train(demo, method, options)


def train(
    demo: Demo, method: str, options: dict[str, object], more: Sequence[str] = ()
) -> Cell:
    """A run of the train app, going on where an interrupted one was."""
    return Cell(
        method,
        ("onehop_train", method, *words_of(options), *more),
        demo.folder,
        begun=Path(str(options["out"])) / "run.json",
    )


def evaluate(demo: Demo, teacher: Path, starts: str) -> Cell:
    """The table, the figures and the video."""
    count = min(demo.episodes, PAPER_STARTS) if starts == "paper" else demo.episodes
    options = {
        "teacher": teacher,
        "starts": starts,
        "episodes": count,
        "n-action": N_ACTION,
        "out": demo.folder / RESULTS,
    }
    students = [str(demo.folder / method / "checkpoint") for method in STUDENTS]
    words = ("onehop_evaluate", "--students", *students, *words_of(options))
    return Cell("evaluate", words, demo.folder)

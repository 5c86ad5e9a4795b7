"""The main job as cells: [collect, teach,] distil, evaluate."""

from collections.abc import Sequence
from pathlib import Path

import onehop_zoo
from onehop_compare import Cell, words_of

from .config import Demo

__all__ = ["RESULTS", "stages"]

RESULTS = "evaluation"
"""Folder, under `Demo.folder`, of the table, the figures and the video."""

PAPER_STARTS = 50
PLANNER_STEPS = 24_000
HUMAN_STEPS = 12_000
HUMAN_JITTER = 3  # [px]


def stages(demo: Demo) -> list[Cell]:
    """What has to be done, in order."""
    if demo.human is not None:
        return [
            teach(demo, demo.human),
            distil(demo, demo.folder / "teacher" / "checkpoint", demo.human),
            evaluate(demo, demo.folder / "teacher" / "checkpoint", "paper"),
        ]
    if demo.from_scratch:
        data = demo.folder / "demonstrations.safetensors"
        teacher = demo.folder / "teacher" / "checkpoint"
        first = [collect(demo, data), teach(demo, data)]
    else:
        data, teacher = map(onehop_zoo.path, ("pusht-planner", "pusht-teacher"))
        first = []
    return [*first, distil(demo, teacher, data), evaluate(demo, teacher, "test")]


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
    steps = HUMAN_STEPS if demo.human else PLANNER_STEPS
    options = {
        "data": data,
        "out": demo.folder / "teacher",
        "steps": demo.teacher_steps or steps,
        "seed": demo.seed,
        "precision": demo.precision,
    }
    few = ["--jitter", str(HUMAN_JITTER), "--mirror"] if demo.human else []
    return train(demo, "teacher", options, few)


def distil(demo: Demo, teacher: Path, data: Path) -> Cell:
    """The one-step student."""
    options = {
        "teacher": teacher,
        "data": data,
        "out": demo.folder / "student",
        "steps": demo.student_steps,
        "seed": demo.seed,
        "precision": demo.precision,
    }
    return train(demo, "sds", options)


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
        "students": demo.folder / "student" / "checkpoint",
        "starts": starts,
        "episodes": count,
        "out": demo.folder / RESULTS,
    }
    return Cell("evaluate", ("onehop_evaluate", *words_of(options)), demo.folder)

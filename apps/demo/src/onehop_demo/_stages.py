"""The main job as stages: [collect, teach,] distil, evaluate."""

from collections.abc import Sequence
from pathlib import Path

import onehop_collect.__main__
import onehop_evaluate.__main__
import onehop_train.__main__
import onehop_zoo

from ._stage import Stage
from .config import Demo

__all__ = ["RESULTS", "stages"]

RESULTS = "evaluation"
"""Folder, under `Demo.folder`, of the table, the figures and the video."""

PAPER_STARTS = 50
PLANNER_STEPS = 24_000
HUMAN_STEPS = 12_000
HUMAN_JITTER = 3  # [px]


def stages(demo: Demo) -> list[Stage]:
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


def collect(demo: Demo, data: Path) -> Stage:
    """The planner's demonstrations."""
    options = {
        "episodes": demo.demonstrations,
        "seed": demo.seed,
        "temperature": 1,
        "out": data,
    }
    return Stage(
        "collect",
        "onehop-collect",
        onehop_collect.__main__.main,
        arguments(options),
    )


def teach(demo: Demo, data: Path) -> Stage:
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
    return train("teacher", options, few)


def distil(demo: Demo, teacher: Path, data: Path) -> Stage:
    """The one-step student."""
    options = {
        "teacher": teacher,
        "data": data,
        "out": demo.folder / "student",
        "steps": demo.student_steps,
        "seed": demo.seed,
        "precision": demo.precision,
    }
    return train("sds", options)


def train(method: str, options: dict[str, object], more: Sequence[str] = ()) -> Stage:
    """A run of the train app, going on where an interrupted one was."""
    return Stage(
        method,
        "onehop-train",
        onehop_train.__main__.main,
        [method, *arguments(options), *more],
        begun=Path(str(options["out"])) / "run.json",
    )


def evaluate(demo: Demo, teacher: Path, starts: str) -> Stage:
    """The table, the figures and the video."""
    count = min(demo.episodes, PAPER_STARTS) if starts == "paper" else demo.episodes
    options = {
        "teacher": teacher,
        "students": demo.folder / "student" / "checkpoint",
        "starts": starts,
        "episodes": count,
        "out": demo.folder / RESULTS,
    }
    return Stage(
        "evaluate",
        "onehop-evaluate",
        onehop_evaluate.__main__.main,
        arguments(options),
    )


def arguments(options: dict[str, object]) -> list[str]:
    """{"steps": 2} as ["--steps", "2"]."""
    return [
        word for name, value in options.items() for word in (f"--{name}", str(value))
    ]

"""Push-T: push the T onto its goal, seen as nine keypoints and the agent [px].

pusht    the zoo's planner demonstrations; a teacher taught for 8,000 updates only,
so that its single step is clearly worse than ten
human    Diffusion Policy's human demonstrations, where they are at hand; a teacher
taught until it is good, half of pusht's updates for every method
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import isfinite

import numpy as np

import onehop_zoo
from onehop_envs import (
    SUCCESS_COVERAGE,
    Demonstrations,
    PushTPlanner,
    demonstrate,
    mirrored,
    random_start,
)
from onehop_interfaces import BadInput
from onehop_teachers import pusht_teacher

from ._demonstrator import Demonstrator, Manner
from ._measure import Measure, Outcome, Values, maximum, mean
from ._recipes import DNK, KDM, VDD
from ._scene import Picture, Scene, named
from ._starts import Starts, to_choose_and_report
from ._study import Budget, Study
from ._task import Task

__all__ = ["HUMAN_STUDY", "PUSHT", "PUSHT_STUDY"]

MAX_STEPS = 300
EXTENT = (0.0, 512.0, 512.0, 0.0)
"""Of the picture [px]."""


def planner(manner: Manner) -> Demonstrator:
    """Push-T's planner, from the start that the environment draws from the seed.

    Raises:
        BadInput: for a temperature that is none, and for other choices.
    """
    manner.only("pusht", "temperature")
    temperature = manner.temperature
    if not (isfinite(temperature) and temperature >= 0.0):
        raise BadInput(f"--temperature: expected a number >= 0, got {temperature}")
    return Demonstrator(
        name="onehop_envs.PushTPlanner",
        episode=partial(_episode, temperature),
        max_steps=MAX_STEPS,
        options={"temperature": temperature},
        facts={
            "environment": "onehop/PushT",
            "units": {"state": "px, px, px, px, rad", "keypoints": "px"},
            "actions": "target position of the agent [px]",
        },
        libraries=("numpy", "pymunk"),
    )


def _episode(temperature: float, i: int, seed: int, max_steps: int) -> Demonstrations:
    start = random_start(np.random.default_rng(seed))
    return demonstrate(start, PushTPlanner(seed, temperature), max_steps)


def _score(coverage: Values) -> float:
    """Diffusion Policy's: the share of the coverage that is a success, at most 1."""
    return min(float(coverage.max()) / SUCCESS_COVERAGE, 1.0)


PUSHT = Task(
    name="pusht",
    about="push the T onto its goal; keypoints in, target positions out",
    scene=Scene(
        make=lambda: named("onehop/PushTKeypoints-v0", "keypoints", MAX_STEPS),
        obs=("keypoints",),
        max_steps=MAX_STEPS,
        period=0.1,
        libraries=("pymunk", "shapely"),
    ),
    measure=Measure(
        "coverage",
        lambda reward, info: float(info["coverage"]),
        maximum("coverage"),
        (mean("coverage"), Outcome("score", _score)),
        goal=SUCCESS_COVERAGE,
    ),
    starts={
        **to_choose_and_report(200),
        "paper": Starts(
            "paper", 100_000, 50, 50, options=lambda seed: {"paper_seed": seed}
        ),
    },
    teacher=pusht_teacher,
    demonstrator=planner,
    picture=Picture(lambda frame: frame["keypoints"][-2:], EXTENT),
    mirror=mirrored,
)
# Of the largest networks here: wide, and of a fixed spread, for chunks are smooth (a
# full covariance learns the smoothness instead of the mean).
_FIXED = (
    *("--lr", "1e-3", "--batch-size", "128"),
    *("--width", "512", "--mean-bound", "0.5"),
)

# A policy that decides at half the spread is more often right than one at the whole.
_COOL = ("--temperature", "0.5")

_FALLING = ("--lr", "2e-4")

PUSHT_STUDY = Study(
    name="pusht",
    about="the planner's demonstrations; a short teacher, so that one step is worse",
    task=PUSHT,
    data=lambda human: onehop_zoo.path("pusht-planner"),
    teach=Budget(8_000),
    starts={"test": 500},
    budgets={
        "sds": Budget(2_000),
        "sdm": Budget(2_500, ("--lr", "5e-5", "--score-lr", "5e-5")),
        "onedp": Budget(2_000, ("--lr", "1e-4", "--score-lr", "1e-4")),
        "oneflow": Budget(1_200, ("--lr", "3e-4")),
        "meanflow": Budget(4_000, ("--lr", "3e-4"), seeds=1),
        "vdd": Budget(4_000, VDD),
        "em": Budget(4_000, (*_FIXED, "--std", "0.5"), seeds=1),
        "imc": Budget(4_000, (*_FIXED, "--std", "0.5"), seeds=1),
        "dnk": Budget(4_000, (*DNK, *_COOL), pairs=200_000),
        "kdm": Budget(6_000, (*KDM, *_COOL), pairs=200_000, seeds=1),
        "kdm-f": Budget(6_000, (*KDM, *_COOL), pairs=200_000, seeds=1),
        "cd": Budget(1_800, _FALLING, seeds=1),
        "ct": Budget(6_000, ("--lr", "1e-3"), seeds=1),
        "ctm": Budget(1_400, _FALLING, seeds=1),
        "lcm": Budget(3_000, _FALLING),
        "regression": Budget(4_000),
        # At the paper's .9 the first call has an eightieth of the loss and lags behind.
        "mip": Budget(4_000, ("--t", "0.5"), seeds=1),
        "drifting": Budget(4_000, seeds=1),
    },
)
HUMAN_STUDY = Study(
    name="human",
    about="people's demonstrations; a long taught teacher, half as many updates",
    task=PUSHT,
    data=lambda human: human,
    teach=Budget(24_000, ("--jitter", "3", "--mirror")),
    starts={"paper": 50, "test": 200},
    budgets={
        method: replace(budget, steps=budget.steps // 2, pairs=budget.pairs // 2)
        for method, budget in PUSHT_STUDY.budgets.items()
    },
)

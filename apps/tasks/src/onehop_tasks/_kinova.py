"""Kinova: bring the tool of an arm to a goal, past two spheres and a box.

Demonstrations are the planner's paths, seen every 0.05 s: where the tool is, where it
is to go, and, as the action, where it is on the path the driver's `AHEAD` later. Behind
its end a path stays at the goal for `REST`.

It needs the planner of the driver, an extra: `onehop-tasks[kinova]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import onehop_zoo
from onehop_envs import Demonstrations
from onehop_interfaces import BadInput
from onehop_interfaces.history import stacked
from onehop_teachers import kinova_teacher

from ._demonstrator import Demonstrator, Manner
from ._installed import check_installed
from ._measure import Measure, maximum, mean
from ._recipes import FASTER, KDM
from ._scene import Env, Scene
from ._starts import to_choose_and_report
from ._study import Budget, Study
from ._task import Task

if TYPE_CHECKING:
    from onehop_kinova_driver.planner import JointPath, Problem

__all__ = ["KINOVA", "KINOVA_STUDY"]

MAX_STEPS = 1_000
PERIOD = 0.05
REST = 20
"""How long a path is seen to stay where it ends [steps]."""
TRIES = 100
"""Problems that are planned for an episode at most."""


def _make() -> Env:
    """The environment.

    Raises:
        BadInput: if the planner cannot be.
    """
    _check_installed()
    from ._kinova_env import KinovaEnv

    return KinovaEnv()


def _check_installed() -> None:
    modules = "onehop_kinova_driver", "scipy"
    check_installed("kinova", "the arm's planner", "kinova", *modules)


def _demonstrator(manner: Manner) -> Demonstrator:
    """The planner.

    Raises:
        BadInput: for a choice, for it has none.
    """
    _check_installed()
    manner.only("kinova")
    return Demonstrator(
        name="onehop_kinova_driver.planner",
        episode=_episode,
        max_steps=MAX_STEPS,
        options={"task": "kinova"},
        facts={
            "environment": "kinova",
            "units": {"position": "m"},
            "actions": "target position of the tool [m]",
        },
        libraries=("numpy", "scipy"),
    )


def _episode(i: int, seed: int, max_steps: int) -> Demonstrations:
    """The path of the seed's problem, or, without one, of one drawn from the seed."""
    from onehop_kinova_driver.planner import plan, problem

    rng = np.random.default_rng(seed)
    for _ in range(TRIES):
        at = problem(seed)
        (path,) = plan([at])
        if path is not None and path.duration / PERIOD + REST <= max_steps:
            return _watched(at, path)
        seed = int(rng.integers(2**31, 2**32))
    raise BadInput(f"--max-steps: expected a path in {max_steps} steps, found none")


def _watched(problem: Problem, path: JointPath) -> Demonstrations:
    """What is seen along a path, and done there."""
    from onehop_kinova_driver import AHEAD, observed

    t = PERIOD * np.arange(int(path.duration / PERIOD) + 1 + REST)
    seen = [observed(p, problem.goal, problem.scene) for p in path.tool(t).tolist()]
    return Demonstrations(
        stacked(seen),
        path.tool(t + AHEAD * PERIOD).astype(np.float32),
        np.array([len(t)]),
        {"solved": True, "problem": problem.seed},
    )


KINOVA = Task(
    name="kinova",
    about="bring the tool of a simulated Gen3 to a goal, past three obstacles",
    scene=Scene(
        make=_make,
        obs=("position", "goal", "obstacles"),
        max_steps=MAX_STEPS,
        period=PERIOD,
        libraries=("numpy", "scipy"),
    ),
    measure=Measure(
        "progress",
        lambda reward, info: float(info["progress"]),
        maximum("progress"),
        (mean("progress"),),
    ),
    starts=to_choose_and_report(50),
    teacher=kinova_teacher,
    demonstrator=_demonstrator,
)
_DNK = (*KDM, "--first-action", "3", "--batch-size", "256", *FASTER)

KINOVA_STUDY = Study(
    name="kinova",
    about="the planner's paths of an arm past obstacles; the zoo's teacher",
    task=KINOVA,
    collect=1_600,
    teacher=lambda: onehop_zoo.path("kinova-teacher"),
    starts={"test": 50},
    pairs=("--teacher-steps", "30"),
    budgets={
        "sds": Budget(2_000),
        "sdm": Budget(2_500),
        "oneflow": Budget(1_200, ("--lr", "3e-4"), seeds=1),
        "dnk": Budget(8_000, _DNK, pairs=200_000),
        "kdm": Budget(4_000, KDM, pairs=200_000),
        "kdm-f": Budget(4_000, KDM, pairs=200_000),
        "regression": Budget(4_000, seeds=1),
    },
)

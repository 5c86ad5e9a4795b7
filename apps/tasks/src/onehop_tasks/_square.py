"""Square: an arm lifts a nut by its handle and lowers it onto a square peg.

robosuite's task, seen in two pictures, which SDM Policy and Diffusion Policy report on
from people's demonstrations. Here waypoints show how (`SquareExpert`); what is recorded
ends at success.

It needs robosuite, which wants another numpy than the rest does: an extra for an
environment of its own, `onehop-tasks[square]`.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 5.1 | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

import atexit
from functools import lru_cache
from typing import Any, cast

import numpy as np

from onehop_envs import Demonstrations
from onehop_interfaces.history import stacked
from onehop_teachers import square_teacher

from ._demonstrator import Demonstrator, Manner
from ._installed import check_installed
from ._measure import SUCCESS
from ._scene import Env, Scene
from ._square_env import MAX_STEPS, SquareEnv
from ._square_expert import SquareExpert
from ._starts import to_choose_and_report
from ._study import Budget, Study
from ._task import Task

__all__ = ["SQUARE", "SQUARE_STUDY"]

PERIOD = 0.05
LIBRARIES = ("mujoco", "robosuite")


def _make() -> Env:
    """The environment.

    Raises:
        BadInput: if robosuite is not installed.
    """
    _check_installed()
    return SquareEnv()


def _check_installed() -> None:
    where = "in an environment of its own, for it needs numpy 1, "
    check_installed("square", "robosuite", "square", "robosuite", where=where)


def _demonstrator(manner: Manner) -> Demonstrator:
    """Waypoints.

    Raises:
        BadInput: for a choice, for there is none.
    """
    _check_installed()
    manner.only("square")
    return Demonstrator(
        name="onehop_tasks._square_expert",
        episode=_episode,
        max_steps=MAX_STEPS,
        options={"task": "square"},
        facts={
            "environment": "NutAssemblySquare",
            "units": {"image": "0 to 255", "wrist": "0 to 255", "agent_pos": "m"},
            "actions": "change of the hand's place [5 cm] and rotation [0.5], grip",
        },
        libraries=("numpy", *LIBRARIES),
    )


@lru_cache(maxsize=1)
def _used() -> SquareEnv:
    """One for all episodes: to make it takes as long as one of them."""
    env = SquareEnv()
    atexit.register(env.close)  # while the driver is still there
    return env


def _episode(i: int, seed: int, max_steps: int) -> Demonstrations:
    """What is seen and done from the seed's start, until the nut is on the peg."""
    env, frames, actions, done = _used(), list[Any](), list[Any](), False
    frame, _ = env.reset(seed=seed)
    expert = SquareExpert(env.arm)
    while len(actions) < max_steps and not done:
        frames.append(frame)
        actions.append(expert.act())
        frame, _, done, _, _ = env.step(actions[-1])
    ends = np.array([len(actions)])
    return Demonstrations(stacked(frames), np.stack(actions), ends, {"solved": done})


SQUARE = Task(
    name="square",
    about="lift a nut by its handle and lower it onto a square peg, from two pictures",
    scene=Scene(
        make=_make,
        obs=("image", "wrist", "agent_pos"),
        max_steps=MAX_STEPS,
        period=PERIOD,
        libraries=LIBRARIES,
        at_once=4,
        sensing=lambda env: [*cast(SquareEnv, env).see().values()],
    ),
    measure=SUCCESS,
    starts=to_choose_and_report(50),
    teacher=square_teacher,
    demonstrator=_demonstrator,
)
SQUARE_STUDY = Study(
    name="square",
    about="two hundred episodes of waypoints, seen in pictures; no setting is tuned",
    task=SQUARE,
    collect=200,
    teach=Budget(20_000, ("--batch-size", "128", "--draws", "4")),
    conditions=True,
    starts={"test": 50},
    needs="robosuite",
)

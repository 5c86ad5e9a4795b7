"""MetaWorld: fifty tasks of one arm on a table, seen as points.

An episode succeeds if the task is done at any step, as MetaWorld counts, and ends
there. MetaWorld's scripted policies show how, and see all; `HOLD` steps after the first
success their episodes end: what is recorded is how to get there and to stay, not what
a script does when it is through.

They need MetaWorld, which is an extra: `onehop-tasks[metaworld]`.

References:
    | Meta-World (Yu et al., 2019) | https://arxiv.org/abs/1910.10897
    | 3D Diffusion Policy (Ze et al., 2024), whose ten demonstrations a task these are
    | https://arxiv.org/abs/2403.03954
"""

from __future__ import annotations

import warnings
from functools import lru_cache, partial
from typing import Any

import numpy as np

from onehop_envs import Demonstrations
from onehop_interfaces.history import stacked
from onehop_teachers import cloud_teacher

from ._cloud_studies import cloud_study
from ._demonstrator import Demonstrator, Manner
from ._glimpse import see_cloud
from ._installed import check_installed
from ._measure import SUCCESS
from ._metaworld_env import MAX_STEPS, MetaWorldEnv
from ._metaworld_tasks import DIFFICULTY
from ._scene import Env, Scene
from ._starts import to_choose_and_report
from ._study import Group
from ._task import Task

__all__ = ["METAWORLD", "METAWORLD_STUDIES"]

PERIOD = 0.0125
HOLD = 10
"""How long what is done is seen to stay done [steps]."""
LIBRARIES = ("mujoco", "metaworld")


def _make(name: str) -> Env:
    """The environment.

    Raises:
        BadInput: if MetaWorld is not installed.
    """
    _check_installed(name)
    return MetaWorldEnv(name)


def _check_installed(name: str) -> None:
    modules = "metaworld", "mujoco"
    check_installed(f"metaworld-{name}", "MetaWorld", "metaworld", *modules)


def _demonstrator(name: str, manner: Manner) -> Demonstrator:
    """MetaWorld's scripted policy of the task.

    Raises:
        BadInput: for a choice, for it has none.
    """
    _check_installed(name)
    manner.only(f"metaworld-{name}")
    return Demonstrator(
        name="metaworld.policies",
        episode=partial(_episode, name),
        max_steps=MAX_STEPS,
        options={"task": f"metaworld-{name}"},
        facts={
            "environment": f"{name}-v3",
            "units": {"point_cloud": "m", "agent_pos": "m"},
            "actions": "change of the hand's desired position [cm], and the grip",
        },
        libraries=("numpy", "gymnasium", *LIBRARIES),
    )


@lru_cache(maxsize=1)
def _used(name: str) -> MetaWorldEnv:
    """One for all episodes: to make it takes longer than an episode."""
    return MetaWorldEnv(name)


def _episode(name: str, i: int, seed: int, max_steps: int) -> Demonstrations:
    """What the scripted policy sees and does from the seed's start."""
    env, frames, actions, done = _used(name), list[Any](), list[Any](), list[bool]()
    frame, _ = env.reset(seed=seed)
    with warnings.catch_warnings():
        # The policies ask for more than they know is carried out.
        warnings.filterwarnings("ignore", message="Constant")
        while len(done) < max_steps and sum(done[-HOLD - 1 :]) <= HOLD:
            frames.append(frame)
            actions.append(env.sawyer.shown())
            frame, _, _, _, info = env.step(actions[-1])
            done.append(info["is_success"] or any(done[-1:]))
    seen = stacked(frames)
    # Half precision is a quarter of a millimetre, at most, within a metre.
    seen["point_cloud"] = seen["point_cloud"].astype(np.float16)
    solved = {"solved": bool(done[-1])}
    return Demonstrations(seen, np.stack(actions), np.array([len(done)]), solved)


def _task(name: str, difficulty: str) -> Task:
    return Task(
        name=f"metaworld-{name}",
        about=f"{name.replace('-', ' ')}, of MetaWorld's {difficulty} ones",
        scene=Scene(
            make=partial(_make, name),
            obs=("point_cloud", "agent_pos"),
            max_steps=MAX_STEPS,
            period=PERIOD,
            libraries=LIBRARIES,
            at_once=20,
            sensing=see_cloud,
        ),
        measure=SUCCESS,
        starts=to_choose_and_report(20),
        teacher=partial(cloud_teacher, 9, 4, from_agent=True),
        demonstrator=partial(_demonstrator, name),
    )


METAWORLD = tuple(_task(*row) for row in DIFFICULTY.items())
METAWORLD_STUDIES = tuple(
    cloud_study(
        task,
        Group("metaworld", difficulty),
        "ten episodes of MetaWorld's scripted policy",
    )
    for task, difficulty in zip(METAWORLD, DIFFICULTY.values(), strict=True)
)

"""HalfCheetah and Walker2d: run as fast as you can, for a thousand steps.

An episode comes to its return, the sum of its rewards, as D4RL normalises it: 0 is what
random actions earn, 100 what D4RL's expert does,

    return = 100 (sum r - low) / (high - low).

Returns have few values (on its back, the slow gait, the fast one), so the share of
episodes that run like the expert is told beside: those whose return is `GOOD` or more.
A fall ends an episode of Walker2d; nothing ends one of HalfCheetah but time.

They need MuJoCo, which is an extra: `onehop-tasks[locomotion]`.

References:
    | D4RL: Datasets for Deep Data-Driven Reinforcement Learning (Fu et al., 2020),
    | section 4 and its reference scores | https://arxiv.org/abs/2004.07219
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from onehop_envs import (
    Bursts,
    Demonstrations,
    draw_side_view,
    load_actors,
    watch,
)
from onehop_interfaces import BadInput
from onehop_teachers import locomotion_teacher

from ._demonstrator import Demonstrator, Manner
from ._installed import check_installed
from ._measure import Measure, Outcome
from ._scene import Env, Scene, named
from ._starts import to_choose_and_report
from ._task import Task

__all__ = ["HALFCHEETAH", "WALKER2D"]

MAX_STEPS = 1_000
GOOD = 80.0
CAPSULE = 3
"""MuJoCo's number of that shape."""
DISTURBED = 4
"""Every fourth episode of an actor is, by bursts and by"""
LOUDER = 2.0
"""times the noise."""
WHOLE = 5
"""Every fifth episode of an actor is; the others stop when the robot is under way, for
getting there takes more skill than going on, and has fewer steps to learn it from."""


class Shown(NamedTuple):
    """An actor, and how it shows itself.

    Attributes:
        algorithm: Its name in the file.
        noise: Of its own spread.
        bursts: When it is disturbed, in some episodes.
    """

    algorithm: str
    noise: float
    bursts: Bursts


class Robot(NamedTuple):
    """What is the robot's own.

    Attributes:
        name: Of the task.
        environment: As actors' files and, with "-v5", Gymnasium call it.
        about: One line.
        low: What random actions earn.
        high: What D4RL's expert does.
        period: Time between two actions [s].
        horizon: Rows of a plan.
        launch: When it is under way [steps].
        shown: Who shows how, in turn.
    """

    name: str
    environment: str
    about: str
    low: float
    high: float
    period: float
    horizon: int
    launch: int
    shown: Sequence[Shown]


class _Judged(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Says after every step whether the return so far is a good one."""

    def __init__(self, robot: Robot, env: Env) -> None:
        super().__init__(env)
        self._robot, self._earned = robot, 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        self._earned = 0.0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        seen, reward, terminated, truncated, info = self.env.step(action)
        self._earned += float(reward)
        good = _normalised(self._robot, self._earned) >= GOOD
        return seen, reward, terminated, truncated, {**info, "is_success": good}

    def render(self) -> Any:
        """The robot from the side; MuJoCo's own pictures need a graphics driver."""
        world: Any = self.unwrapped
        capsules = world.model.geom_type == CAPSULE
        middle, size = world.data.geom_xpos[capsules], world.model.geom_size[capsules]
        along = world.data.geom_xmat[capsules, 2::3] * size[:, 1:2]
        ends = np.hstack([(middle + along)[:, ::2], (middle - along)[:, ::2]])
        return draw_side_view(np.hstack([ends, size[:, :1]]), float(middle[0, 0]))


def _normalised(robot: Robot, earned: float) -> float:
    return 100 * (earned - robot.low) / (robot.high - robot.low)


def _make(robot: Robot) -> Env:
    """The environment, its observation under the name "state".

    Raises:
        BadInput: if MuJoCo is not installed.
    """
    _check_installed(robot)
    name = f"{robot.environment}-v5"
    return named(name, "state", MAX_STEPS, partial(_Judged, robot))


def _check_installed(robot: Robot) -> None:
    check_installed(robot.name, "MuJoCo", "locomotion", "mujoco")


def _demonstrator(robot: Robot, manner: Manner) -> Demonstrator:
    """The actors of a file, each in turn, every fourth episode of each disturbed.

    Raises:
        BadInput: if there is no file, or it has other actors.
    """
    _check_installed(robot)
    policies = manner.file_of("actors", robot.name)
    actors = load_actors(policies, robot.environment)
    for shown in robot.shown:
        if shown.algorithm not in actors:
            raise BadInput(
                f"{policies}: expected an actor of {robot.environment} by "
                f"{shown.algorithm}, found {', '.join(actors)}"
            )
    return Demonstrator(
        name="onehop_envs.watch",
        episode=partial(_episode, robot, policies),
        max_steps=MAX_STEPS,
        options={"task": robot.name, "policies": str(policies)},
        facts={
            "environment": f"{robot.environment}-v5",
            "policies_sha256": sha256(policies.read_bytes()).hexdigest(),
            "shown": [[s.algorithm, s.noise, *s.bursts] for s in robot.shown],
            "louder": LOUDER,
            "launch": robot.launch,
            "actions": "torques, -1 to 1",
        },
        libraries=("numpy", "gymnasium", "mujoco"),
    )


def _episode(
    robot: Robot, policies: Path, i: int, seed: int, max_steps: int
) -> Demonstrations:
    shown, turn = robot.shown[i % len(robot.shown)], i // len(robot.shown)
    actor = load_actors(policies, robot.environment)[shown.algorithm]
    disturbed = turn % DISTURBED == 0
    noise = shown.noise * (LOUDER if disturbed else 1.0)
    bursts = shown.bursts if disturbed else None
    steps = max_steps if turn % WHOLE == 0 else min(max_steps, robot.launch)
    env = gymnasium.make(f"{robot.environment}-v5", max_episode_steps=steps)
    with env:
        seen = watch(actor, env, seed, noise, bursts)
    return replace(seen, meta={**seen.meta, "solved": True})


def _task(robot: Robot) -> Task:
    scale = 100 / (robot.high - robot.low)
    offset = _normalised(robot, 0.0)
    return Task(
        name=robot.name,
        about=robot.about,
        scene=Scene(
            make=partial(_make, robot),
            obs=("state",),
            max_steps=MAX_STEPS,
            period=robot.period,
            libraries=("mujoco",),
        ),
        measure=Measure(
            "reward",
            lambda reward, info: scale * reward,
            Outcome("return", lambda values: float(values.sum()) + offset),
            digits=1,
            by_success=False,
        ),
        starts=to_choose_and_report(20),
        teacher=partial(locomotion_teacher, robot.horizon),
        demonstrator=partial(_demonstrator, robot),
    )


HALFCHEETAH = _task(
    Robot(
        name="halfcheetah",
        environment="HalfCheetah",
        about="run as fast as you can, on two legs in a plane",
        low=-280.18,
        high=12135.0,
        period=0.05,
        horizon=4,
        launch=250,
        shown=(
            # Longer ones throw it on its back, where it stays.
            Shown("ppo", 1.0, Bursts(0.005, 2)),
            Shown("tqc", 1.0, Bursts(0.005, 3)),
        ),
    )
)
WALKER2D = _task(
    Robot(
        name="walker2d",
        environment="Walker2d",
        about="walk as fast as you can, and do not fall",
        low=1.63,
        high=4592.3,
        period=0.008,
        horizon=32,
        launch=400,
        shown=(
            Shown("trpo", 0.5, Bursts(0.005, 5)),
            Shown("tqc", 0.4, Bursts(0.005, 5)),
        ),
    )
)

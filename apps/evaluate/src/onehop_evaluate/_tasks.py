"""Tasks: an environment, and what of it is measured and drawn.

To add a task, write one `Task` and name it in `TASKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

import onehop_envs
from onehop_interfaces import BadInput, Signature, named

from ._diversity import Modes
from ._starts import Starts

__all__ = ["AVOIDING", "PUSHT", "TASKS", "Task", "task_named"]

Frame = NDArray[np.float32]
"""One observation, as the environment gives it."""


@dataclass(frozen=True)
class Task:
    """What to run and what to look at.

    Attributes:
        name: As said on the command line.
        env_id: Gymnasium's name of the environment.
        obs: The name that policies know its observation by.
        metric: The key of `info` that is measured after every step, 0 to 1.
        threshold: An episode is a success once the metric exceeds this.
        max_steps: Steps an episode may take.
        step_seconds: Time between two actions [s].
        agent: An observation to the agent's position (2,).
        extent: Where the left, right, lower and upper edges of its picture lie, in the
            units of positions.
        starts: The sets of starts by name.
        modes: The ways in which it can be done, if it has some.
    """

    name: str
    env_id: str
    obs: str
    metric: str
    threshold: float
    max_steps: int
    step_seconds: float
    agent: Callable[[Frame], NDArray[np.float32]]
    extent: tuple[float, float, float, float]
    starts: Mapping[str, Starts]
    modes: Modes | None = None

    def make(self) -> gymnasium.Env[Any, Any]:
        """A fresh environment, without Gymnasium's checks and able to draw itself."""
        return gymnasium.make(
            self.env_id,
            max_episode_steps=self.max_steps,
            disable_env_checker=True,
            render_mode="rgb_array",
        )

    def starts_named(self, name: str) -> Starts:
        """The set of starts of that name.

        Raises:
            BadInput: if there is none; the message names those there are.
        """
        return named(self.starts, "--starts", name)

    def check(self, name: str, signature: Signature) -> None:
        """Refuse a policy that wants other observations than the task's.

        Raises:
            BadInput: naming the policy, what the task gives and what it wants.
        """
        if set(signature.obs) != {self.obs}:
            raise BadInput(
                f"{name}: the task {self.name!r} gives the observation {self.obs!r}, "
                f"but the policy wants {sorted(signature.obs)}"
            )


PUSHT = Task(
    name="pusht",
    env_id="onehop/PushTKeypoints-v0",
    obs="keypoints",
    metric="coverage",
    threshold=onehop_envs.SUCCESS_COVERAGE,
    max_steps=300,
    step_seconds=0.1,
    agent=lambda frame: frame[-2:],
    extent=(0.0, 512.0, 512.0, 0.0),
    starts={
        "test": Starts("test", 500_000, 200, 100_000),
        "validation": Starts("validation", 400_000, 200, 100_000),
        "paper": Starts(
            "paper", 100_000, 50, 50, options=lambda seed: {"paper_seed": seed}
        ),
    },
)
"""Push the T onto its goal, seen as nine keypoints and the agent [px]."""

_X, _Y, _SIDE = onehop_envs.AVOIDING_WINDOW

AVOIDING = Task(
    name="avoiding",
    env_id="onehop/Avoiding-v0",
    obs="state",
    metric="progress",
    threshold=1.0,
    max_steps=250,
    step_seconds=0.035,
    agent=lambda frame: frame[2:],
    extent=(_X, _X + _SIDE, _Y, _Y + _SIDE),
    starts={
        "test": Starts("test", 500_000, 200, 100_000),
        "validation": Starts("validation", 400_000, 200, 100_000),
    },
    modes=Modes(onehop_envs.AVOIDING_MODES, onehop_envs.avoiding_mode),
)
"""Reach the finish line past six cylinders, in one of 24 ways, without touching [m].

All starts are the same place; episodes differ by the policy's noise.
"""

TASKS = {task.name: task for task in (PUSHT, AVOIDING)}
"""Every task by name."""


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        BadInput: if there is none; the message names those there are.
    """
    return named(TASKS, "--task", name)

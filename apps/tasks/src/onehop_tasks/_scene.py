"""The environment of a task, with named observations, and how a planar one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import gymnasium
import numpy as np
from gymnasium.spaces import Dict
from numpy.typing import NDArray

__all__ = ["Env", "Frame", "Picture", "Scene", "made", "named"]

Env: TypeAlias = gymnasium.Env[Any, Any]
Frame: TypeAlias = Mapping[str, NDArray[Any]]
"""What is seen at a moment, by name."""


@dataclass(frozen=True)
class Scene:
    """Where a task takes place.

    Attributes:
        make: A fresh environment, which gives a `Frame` and draws itself; its info says
            "is_success" after every step, and "mode" (0, 1, ...) where it knows one.
        obs: The names in a frame.
        max_steps: Steps an episode may take.
        period: Time between two actions [s].
        libraries: Distributions whose versions may change an episode.
        at_once: Environments that a process may hold at a time.
        sensing: Makes what is seen of an environment now anew, and nothing else: casts
            the rays of a cloud and samples it. It is timed as a part of a decision;
            None where there is nothing to speak of.
    """

    make: Callable[[], Env]
    obs: tuple[str, ...]
    max_steps: int
    period: float
    libraries: tuple[str, ...] = ()
    at_once: int = 128
    sensing: Callable[[Env], object] | None = None


class Picture(NamedTuple):
    """How what happens in a plane is drawn over the environment's own picture.

    Attributes:
        agent: A frame to the agent's position (2,).
        extent: Where the left, right, lower and upper edges of the picture lie, in the
            units of positions.
    """

    agent: Callable[[Frame], NDArray[Any]]
    extent: tuple[float, float, float, float]


def made(env_id: str, max_steps: int) -> Env:
    """Gymnasium's environment of a name, which draws itself.

    Args:
        env_id: Gymnasium's name.
        max_steps: Steps an episode may take.
    """
    return gymnasium.make(
        env_id,
        max_episode_steps=max_steps,
        disable_env_checker=True,
        render_mode="rgb_array",
    )


def named(
    env_id: str, name: str, max_steps: int, around: Callable[[Env], Env] = lambda e: e
) -> Env:
    """Gymnasium's environment, its one observation under a name, as float32.

    Args:
        env_id: Gymnasium's name.
        name: Of the observation.
        max_steps: Steps an episode may take.
        around: What is put around it before.
    """
    env = around(made(env_id, max_steps))
    space = Dict({name: env.observation_space})
    return gymnasium.wrappers.TransformObservation(
        env, lambda seen: {name: np.asarray(seen, np.float32)}, space
    )

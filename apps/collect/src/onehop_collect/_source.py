"""What can be collected: a demonstrator and what there is to know about it.

A source makes episode i from i, a seed that belongs to i alone, and a limit of steps,
and from nothing else. It travels to worker processes, so its function is one of a
module's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite

import numpy as np

from onehop_envs import (
    AVOIDING_MODES,
    Demonstrations,
    Json,
    PushTPlanner,
    demonstrate,
    demonstrate_avoiding,
    random_start,
)
from onehop_interfaces import BadInput

__all__ = ["Source", "avoiding", "pusht"]


@dataclass(frozen=True)
class Source:
    """A demonstrator.

    Attributes:
        name: Where it is found.
        episode: (i, seed, max_steps) -> episode i, whose meta says if it is "solved".
        max_steps: Of an episode, unless the command says otherwise.
        options: The command's options that it alone has, with their values.
        facts: What the file is to say about its contents.
        libraries: Whose versions decide the bytes, besides our own.
    """

    name: str
    episode: Callable[[int, int, int], Demonstrations]
    max_steps: int
    options: Mapping[str, Json]
    facts: Mapping[str, Json]
    libraries: tuple[str, ...]


def pusht(temperature: float) -> Source:
    """Push-T's planner, from the start that the environment draws from the seed.

    Raises:
        BadInput: for a temperature that is none.
    """
    if not (isfinite(temperature) and temperature >= 0.0):
        raise BadInput(f"--temperature: expected a number >= 0, got {temperature}")
    return Source(
        name="onehop_envs.PushTPlanner",
        episode=partial(_pusht_episode, temperature),
        max_steps=300,
        options={"temperature": temperature},
        facts={
            "environment": "onehop/PushT",
            "units": {"state": "px, px, px, px, rad", "keypoints": "px"},
            "actions": "target position of the agent [px]",
        },
        libraries=("numpy", "pymunk"),
    )


def avoiding(temperature: float) -> Source:
    """Avoiding's demonstrator, which goes each of the 24 ways in turn.

    Raises:
        BadInput: for a temperature, which is of no use to it.
    """
    if temperature != 0.0:
        raise BadInput(
            "--temperature: expected none for --task avoiding, which takes every way "
            f"equally often, got {temperature}"
        )
    return Source(
        name="onehop_envs.demonstrate_avoiding",
        episode=_avoiding_episode,
        max_steps=250,
        options={"task": "avoiding"},
        facts={
            "environment": "onehop/Avoiding",
            "units": {"state": "m"},
            "actions": "change of the desired position [m]",
        },
        libraries=("numpy",),
    )


def _pusht_episode(
    temperature: float, i: int, seed: int, max_steps: int
) -> Demonstrations:
    start = random_start(np.random.default_rng(seed))
    return demonstrate(start, PushTPlanner(seed, temperature), max_steps)


def _avoiding_episode(i: int, seed: int, max_steps: int) -> Demonstrations:
    return demonstrate_avoiding(i % AVOIDING_MODES, seed, max_steps)

"""Avoiding: reach the finish line past six cylinders, in one of 24 ways [m].

All starts are the same place; episodes differ by the policy's noise.
"""

from __future__ import annotations

from typing import Any

import gymnasium

import onehop_zoo
from onehop_envs import (
    AVOIDING_MODES,
    AVOIDING_WINDOW,
    Demonstrations,
    avoiding_mode,
    demonstrate_avoiding,
)
from onehop_teachers import avoiding_teacher

from ._demonstrator import Demonstrator, Manner
from ._measure import Measure, maximum, mean
from ._recipes import DNK, KDM, VDD
from ._scene import Env, Picture, Scene, named
from ._starts import to_choose_and_report
from ._study import Budget, Study
from ._task import Task

__all__ = ["AVOIDING", "AVOIDING_STUDY"]

MAX_STEPS = 250


class _WithMode(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Says at the end of an episode which way it went, if that can be told."""

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        self._path: list[Any] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        seen, info = self.env.reset(seed=seed, options=options)
        self._path = [seen[2:]]
        return seen, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        seen, reward, terminated, truncated, info = self.env.step(action)
        self._path.append(seen[2:])
        if terminated or truncated:
            mode = avoiding_mode(self._path)
            info = info if mode is None else {**info, "mode": mode}
        return seen, reward, terminated, truncated, info


def every_way(manner: Manner) -> Demonstrator:
    """Avoiding's demonstrator, which goes each of the 24 ways in turn.

    Raises:
        BadInput: for a choice, for it has none.
    """
    manner.only("avoiding")
    return Demonstrator(
        name="onehop_envs.demonstrate_avoiding",
        episode=_episode,
        max_steps=MAX_STEPS,
        options={"task": "avoiding"},
        facts={
            "environment": "onehop/Avoiding",
            "units": {"state": "m"},
            "actions": "change of the desired position [m]",
        },
        libraries=("numpy",),
    )


def _episode(i: int, seed: int, max_steps: int) -> Demonstrations:
    return demonstrate_avoiding(i % AVOIDING_MODES, seed, max_steps)


_LEFT, _BOTTOM, _SIDE = AVOIDING_WINDOW

AVOIDING = Task(
    name="avoiding",
    about="reach the finish line past six cylinders, in one of 24 ways",
    scene=Scene(
        make=lambda: named("onehop/Avoiding-v0", "state", MAX_STEPS, _WithMode),
        obs=("state",),
        max_steps=MAX_STEPS,
        period=0.035,
    ),
    measure=Measure(
        "progress",
        lambda reward, info: float(info["progress"]),
        maximum("progress"),
        (mean("progress"),),
        goal=1.0,
    ),
    starts=to_choose_and_report(200),
    teacher=avoiding_teacher,
    demonstrator=every_way,
    modes=AVOIDING_MODES,
    picture=Picture(
        lambda frame: frame["state"][2:],
        (_LEFT, _LEFT + _SIDE, _BOTTOM, _BOTTOM + _SIDE),
    ),
)
_FULL = (
    *("--lr", "1e-3", "--batch-size", "64"),
    *("--init-std", "1", "--mean-bound", "0.5"),
)

AVOIDING_STUDY = Study(
    name="avoiding",
    about="the zoo's demonstrations and teacher: 24 ways past six cylinders",
    task=AVOIDING,
    data=lambda human: onehop_zoo.path("avoiding-demonstrations"),
    teacher=lambda: onehop_zoo.path("avoiding-teacher"),
    budgets={
        "sds": Budget(3_000),
        "sdm": Budget(6_000, ("--lr", "2e-4", "--score-lr", "2e-4")),
        "onedp": Budget(3_000, ("--lr", "1e-4", "--score-lr", "1e-4")),
        "oneflow": Budget(1_200, ("--lr", "5e-4")),
        "meanflow": Budget(4_000, ("--lr", "3e-4"), seeds=1),
        "vdd": Budget(4_000, VDD),
        "em": Budget(6_000, _FULL),
        "imc": Budget(4_000, (*_FULL, "--std", "0.5")),
        "dnk": Budget(4_000, DNK, pairs=200_000),
        "kdm": Budget(6_000, KDM, pairs=200_000, seeds=1),
        "kdm-f": Budget(6_000, KDM, pairs=200_000, seeds=1),
        "cd": Budget(3_000, ("--lr", "2e-4")),
        "ct": Budget(4_000, ("--lr", "5e-4"), seeds=1),
        "ctm": Budget(1_500, ("--lr", "2e-4")),
        "lcm": Budget(4_000, ("--lr", "2e-4")),
        "regression": Budget(3_000),
        # As on Push-T: at the paper's .9 the first call has an eightieth of the loss.
        "mip": Budget(3_000, ("--t", "0.5"), seeds=1),
        "drifting": Budget(3_000, seeds=1),
    },
)

"""Adroit: a hand of 24 joints opens a door, hammers a nail in, turns a pen.

It is seen as a cloud, as DP3 and SDM Policy report on, and shown by DAPG's experts.

It needs MuJoCo and Gymnasium-Robotics, an extra: `onehop-tasks[adroit]`.

References:
    | 3D Diffusion Policy (Ze et al., 2024), section IV | https://arxiv.org/abs/2403.03954
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from onehop_envs import Eye
from onehop_teachers import cloud_teacher

from ._adroit_demonstrator import demonstrator_of
from ._adroit_env import JOINTS, MAX_STEPS, View
from ._adroit_hand import Hand, make_hand
from ._cloud_studies import cloud_study
from ._glimpse import see_cloud
from ._measure import Measure, Outcome
from ._scene import Scene
from ._starts import to_choose_and_report
from ._study import Group
from ._task import Task

__all__ = ["ADROIT", "ADROIT_STUDIES"]

PERIOD = 0.01
"""Time between two actions [s]."""
EXPERTS = Path("../shared/data/adroit_experts.npz")
"""Where the experts' file is looked for, from the repository's root."""


def _at_goal(reward: float, info: Mapping[str, Any]) -> float:
    return float(info["at_goal"])


def _task(hand: Hand) -> Task:
    return Task(
        name=hand.task,
        about=hand.about,
        scene=Scene(
            make=partial(make_hand, hand, MAX_STEPS),
            obs=("point_cloud", "agent_pos"),
            max_steps=MAX_STEPS,
            period=PERIOD,
            libraries=("gymnasium-robotics", "mujoco"),
            at_once=20,
            sensing=see_cloud,
        ),
        measure=Measure(
            "at the goal",
            _at_goal,
            Outcome("at end", lambda values: float(values[-1])),
            (Outcome("ever", lambda values: float(values.max())),),
        ),
        starts=to_choose_and_report(20),
        teacher=partial(cloud_teacher, JOINTS, hand.action_dim),
        demonstrator=partial(demonstrator_of, hand),
    )


# Boxes begin above the table, at z = 0, and end where hand and objects do in the
# experts' episodes from 15 starts; what hangs over is more of the forearm, of the
# door's frame and of its upper edge, which say nothing new.
ADROIT = tuple(
    _task(hand)
    for hand in (
        Hand(
            name="door",
            about="turn a latch and open a door with a hand",
            action_dim=28,
            placed="door_body_pos",
            # From above and before the door, on the side of the latch: it opens
            # towards the eye, and neither arm nor leaf hides the other.
            view=View(
                Eye((-0.45, -0.85, 0.95), (0.1, -0.05, 0.2), 46.0),
                ((-0.4, -0.5, 0.005), (0.55, 0.45, 0.45)),
            ),
        ),
        Hand(
            name="hammer",
            about="take a hammer and drive a nail into a board",
            action_dim=26,
            placed="board_pos",
            # From the side, across the nail: how far it is out is seen best.
            view=View(
                Eye((-0.45, -0.75, 0.65), (0.02, -0.16, 0.13), 32.0),
                ((-0.3, -0.32, 0.005), (0.26, 0.1, 0.34)),
            ),
        ),
        Hand(
            name="pen",
            about="turn a pen in a hand until it lies as the one beside it",
            action_dim=24,
            placed="desired_orien",
            # Into the palm from above, along the forearm; the target is beside it.
            view=View(
                Eye((0.12, -0.6, 0.72), (0.065, -0.185, 0.22), 31.0),
                ((-0.18, -0.32, 0.005), (0.28, -0.04, 0.36)),
            ),
        ),
    )
)

ADROIT_STUDIES = tuple(
    cloud_study(
        task, Group("adroit"), "ten episodes of DAPG's expert", policies=lambda: EXPERTS
    )
    for task in ADROIT
)

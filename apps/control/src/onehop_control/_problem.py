"""A problem: where the arm begins, where its tool is to go, what is in the way.

It is drawn from a seed by the driver's planner, or told by the obstacles and a
goal; the tool then keeps the rotation that it has at the start.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from onehop_interfaces import BadInput
from onehop_kinova_driver import GRIPPER, HOME, ArmState, Joints, Quat, Scene, Vec3

from ._contract import PERIOD, Array

__all__ = ["TOLD", "Problem", "at_start", "drawn", "path_of", "told"]

TOLD = -1
"""The seed of what was not drawn."""
REST = 1.0
"""How long a path stays at its end [s]."""


class Problem(NamedTuple):
    """What is to be done.

    Attributes:
        seed: That it was drawn with; -1 if it was told.
        start: Angles of the joints at first [rad].
        goal: Where the tool is to be at rest [m].
        quat: Its rotation, all the way.
        scene: What is in the way.
    """

    seed: int
    start: Joints
    goal: Vec3
    quat: Quat
    scene: Scene


def told(scene: Scene, goal: Vec3, start: Joints = HOME) -> Problem:
    """A problem of obstacles and a goal.

    Args:
        scene: What is in the way.
        goal: Where the tool is to be [m].
        start: Angles of the joints at first [rad].
    """
    _, quat = GRIPPER.pose(start)
    return Problem(TOLD, start, goal, quat, scene)


def at_start(problem: Problem) -> ArmState:
    """An arm at rest at a problem's start."""
    pos, quat = GRIPPER.pose(problem.start)
    rest = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return ArmState(0.0, 0, problem.start, rest, pos, quat)


def drawn(seed: int) -> Problem:
    """The problem of a seed.

    Raises:
        BadInput: if the planner is not there.
    """
    made = _planner().problem(seed)
    return Problem(made.seed, made.start, made.goal, made.quat, made.scene)


def path_of(problem: Problem) -> Array:
    """The planner's path of the tool, points (n, 3) [m], a period apart.

    Raises:
        BadInput: if the planner is not there, or finds none.
    """
    planner = _planner()
    (path,) = planner.plan([planner.Problem(*problem)])
    if path is None:
        raise BadInput(f"planner: expected a way to {problem.goal}, found none")
    t = np.arange(0.0, path.duration + REST, PERIOD)
    return np.asarray(path.tool(t), np.float64)


def _planner() -> Any:
    try:
        return import_module("onehop_kinova_driver.planner")
    except ImportError as error:
        raise BadInput(
            "planner: expected pip install onehop-control[plan], or a scene by --scene "
            f"and --goal and a policy; got {error}"
        ) from None

"""The simulated arms, each at a problem's start."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from onehop_interfaces import BadInput
from onehop_kinova_driver import GRIPPER, ArmInterface, Clock, KinematicArm

from ._problem import Problem
from ._trial import MakeArm

__all__ = ["ARMS", "kinematic", "mujoco", "simulated"]


def kinematic(clock: Clock, problem: Problem) -> ArmInterface:
    """One without masses."""
    return KinematicArm(clock, GRIPPER, problem.start)


def mujoco(clock: Clock, problem: Problem) -> ArmInterface:
    """One in MuJoCo.

    Raises:
        BadInput: if that is not there.
    """
    try:
        from onehop_kinova_driver.sim import MujocoArm
    except ImportError as error:
        raise BadInput(
            "--arm mujoco: expected pip install onehop-control[sim], or --arm "
            f"kinematic; got {error}"
        ) from None
    return MujocoArm(clock, GRIPPER, problem.start, scene=problem.scene)


ARMS: Mapping[str, MakeArm] = {"kinematic": kinematic, "mujoco": mujoco}


def simulated(name: str | None) -> MakeArm:
    """The arm of that name; without one MuJoCo's, where that is there."""
    if name is None:
        return mujoco if find_spec("mujoco") is not None else kinematic
    return ARMS[name]

"""What goes to and fro: the state of an arm, a target for its tool, who the arm is.

Everything is in the frame of the arm's base, in [m], [rad], [s]. Times are those of one
monotonic clock, which all processes of a machine share. The values cannot be changed
and hold nothing but numbers, so that they can be compared and written down exactly.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from ._rotations import Quat, Vec3

__all__ = ["ArmInfo", "ArmState", "Joints", "PoseTarget", "Twist"]

Joints: TypeAlias = tuple[float, float, float, float, float, float, float]
"""One number per joint [rad] or [rad/s]."""
Twist: TypeAlias = tuple[float, float, float, float, float, float]
"""Linear [m/s], then angular velocity [rad/s]."""


class ArmState(NamedTuple):
    """What an arm said of itself at one moment.

    Attributes:
        t: When it was received [s].
        seq: Its number: a later state has a greater one.
        q: Angles of the joints [rad].
        dq: Their velocities [rad/s].
        pos: Position of the tool [m].
        quat: Its rotation.
        twist: Its velocity.
        ready: Whether the arm obeys targets of poses at the moment.
        faults: Bits of the arm's faults, 0 if there is none.
        t_arm: The arm's own clock [s]; 0 if it has none.
    """

    t: float
    seq: int
    q: Joints
    dq: Joints
    pos: Vec3
    quat: Quat
    twist: Twist = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    ready: bool = True
    faults: int = 0
    t_arm: float = 0.0


class PoseTarget(NamedTuple):
    """Where the tool is to go.

    Attributes:
        pos: Position of the tool [m].
        quat: Its rotation.
        seq: The target's number: a later one has a greater one.
        t_obs: When what it was computed from was seen [s].
        t_sent: When it was handed over [s].
        t_valid_until: When it is worth nothing any more [s].
        generation: Of the loop that it is meant for: one from before a stop has an
            older number and is refused.
    """

    pos: Vec3
    quat: Quat
    seq: int
    t_obs: float
    t_sent: float
    t_valid_until: float
    generation: int


class ArmInfo(NamedTuple):
    """Who an arm is.

    Attributes:
        name: Of its kind, e.g. "kinematic".
        serial: Its number; empty if it is none of metal.
        firmware: The version of its software.
        dof: Joints.
        tool: From the flange to the point that is controlled [m].
        real: Whether there is metal that moves.
    """

    name: str
    serial: str = ""
    firmware: str = ""
    dof: int = 7
    tool: Vec3 = (0.0, 0.0, 0.0)
    real: bool = False

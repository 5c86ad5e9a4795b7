"""The border of the SDK: degrees there, radians here.

Angles of joints are reported from 0 to 360 degrees, here they are in [-pi, pi). The
tool's rotation is three angles about fixed axes, x first. The twist is linear [m/s] and
angular [deg/s], in the frame of the base.
"""

from __future__ import annotations

from math import degrees, hypot, pi, radians
from typing import Any, cast

from ._rotations import Vec3, conjugate, euler_of, from_euler, multiply, vector_of
from ._values import ArmState, Joints, PoseTarget

__all__ = ["fill_pose", "fill_twist", "state_of", "towards"]

MOST_FAULTS = 2**62
"""The bits of faults are cut to what the log can hold."""


def state_of(feedback: Any, t: float, seq: int, obeying: frozenset[int]) -> ArmState:
    """The state that a message of the arm says.

    Args:
        feedback: The answer of RefreshFeedback.
        t: When it was asked for [s]: it is not older than that.
        seq: Its number.
        obeying: The states in which the arm takes targets.
    """
    base, actuators = feedback.base, feedback.actuators
    euler = _radians(base, "tool_pose_theta")
    linear = [getattr(base, f"tool_twist_linear_{axis}") for axis in "xyz"]
    angular = _radians(base, "tool_twist_angular")
    banks = [base.fault_bank_a, base.fault_bank_b << 32]
    banks += [a.fault_bank_a | a.fault_bank_b for a in actuators]
    u, v, w = linear
    return ArmState(
        t,
        seq,
        _seven([_wrapped(a.position) for a in actuators]),
        _seven([radians(a.velocity) for a in actuators]),
        (float(base.tool_pose_x), float(base.tool_pose_y), float(base.tool_pose_z)),
        from_euler(euler),
        (float(u), float(v), float(w), *angular),
        ready=base.active_state in obeying,
        faults=min(sum(banks), MOST_FAULTS),
    )


def fill_pose(pose: Any, target: PoseTarget) -> None:
    """Write a target into a message of a pose."""
    pose.x, pose.y, pose.z = target.pos
    pose.theta_x, pose.theta_y, pose.theta_z = map(degrees, euler_of(target.quat))


def fill_twist(twist: Any, linear: Vec3, angular: Vec3) -> None:
    """Write velocities [m/s], [rad/s] into a message of a twist."""
    twist.linear_x, twist.linear_y, twist.linear_z = linear
    twist.angular_x, twist.angular_y, twist.angular_z = map(degrees, angular)


def towards(
    state: ArmState, target: PoseTarget, time: float, speed: float, turn: float
) -> tuple[Vec3, Vec3]:
    """Velocities [m/s], [rad/s] that lead to a target in a time [s], up to the two."""
    x, y, z = (b - a for a, b in zip(state.pos, target.pos, strict=True))
    r = vector_of(multiply(target.quat, conjugate(state.quat)))
    return _at_most((x, y, z), time, speed), _at_most(r, time, turn)


def _at_most(way: Vec3, time: float, most: float) -> Vec3:
    size = hypot(*way) / time
    k = (most / size if size > most else 1.0) / time
    return k * way[0], k * way[1], k * way[2]


def _radians(base: Any, name: str) -> Vec3:
    x, y, z = (radians(getattr(base, f"{name}_{axis}")) for axis in "xyz")
    return x, y, z


def _wrapped(angle: float) -> float:
    """An angle [deg] in [-pi, pi) [rad]."""
    return (radians(angle) + pi) % (2 * pi) - pi


def _seven(values: list[float]) -> Joints:
    return cast(Joints, tuple(values))  # of another length, the gate refuses the state

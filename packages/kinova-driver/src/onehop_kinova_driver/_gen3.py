"""The kinematics of a Kinova Gen3 with seven joints.

Joint i turns by q_i about the z axis of its own frame, which stands at p_i, turned by
s_i about x, in the frame before:

    T_i(q) = Trans(p_i) Rot_x(s_i) Rot_z(q_i)
    tool = T_1 ... T_7 Trans(p_8) Rot_x(pi)

Column i of the Jacobian is (z_i x (p - o_i), z_i) with the origin o_i and the axis z_i
of joint i and the position p of the tool. The inverse is found by damped least squares,

    dq = J^T (J J^T + l^2 I)^-1 e,

with the error e of position [m] and rotation [rad], from where the arm is: the nearest
of the solutions, as a rule.

The offsets p_i and the limits are those of Kinova's own description of the arm.

References:
    | kortex_description/arms/gen3/7dof (Kinova inc., BSD-3-Clause)
    | https://github.com/Kinovarobotics/ros2_kortex
    | Inverse Kinematic Solutions With Singularity Robustness for Robot Manipulator
    | Control (Nakamura and Hanafusa, 1986), eq. (15)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._rotations import Quat, Vec3, conjugate, from_matrix, multiply, vector_of
from ._values import Joints

__all__ = [
    "GRIPPER",
    "HOME",
    "Gen3",
    "Solution",
    "jacobian_of",
    "joints_of",
    "pose_of",
    "wrapped",
]

Array = NDArray[np.float64]

HOME: Joints = (0.0, 0.26179939, pi, -2.26892803, 0.0, 0.95993109, pi / 2)
"""Kinova's action "Home" [rad]."""
OFFSETS: tuple[Vec3, ...] = (
    (0.0, 0.0, 0.15643),
    (0.0, 0.005375, -0.12838),
    (0.0, -0.21038, -0.006375),
    (0.0, 0.006375, -0.21038),
    (0.0, -0.20843, -0.006375),
    (0.0, 0.00017505, -0.10593),
    (0.0, -0.10593, -0.00017505),
    (0.0, 0.0, -0.061525),
)
"""p_1 ... p_8 [m]; the last is the flange's."""
TURNS = (2, 1, -1, 1, -1, 1, -1, 2)
"""s_1 ... s_8 in quarters of a turn."""
RANGES: Joints = (inf, 2.24, inf, 2.57, inf, 2.09, inf)
"""Joint i is to stay in [-RANGES[i], RANGES[i]] [rad]."""
FASTEST: Joints = (1.396, 1.396, 1.396, 1.396, 1.222, 1.222, 1.222)
"""What the joints can do at most [rad/s]."""


class Solution(NamedTuple):
    """Angles for a pose.

    Attributes:
        q: The angles [rad], as near to where the search began as it found.
        position_error: How far the tool is from the pose [m].
        rotation_error: By how much it is turned [rad].
        jacobian: At q, (6, 7).
        frames: At q, (8, 4, 4), as `Gen3.frames` has them.
    """

    q: Array
    position_error: float
    rotation_error: float
    jacobian: Array
    frames: Array


@dataclass(frozen=True)
class Gen3:
    """A Gen3, with what it holds.

    Attributes:
        tool: From the flange to the point that is controlled [m].
        tool_radius: Of the capsule around what is held [m].
    """

    tool: Vec3 = (0.0, 0.0, 0.0)
    tool_radius: float = 0.05

    def frames(self, q: Sequence[float] | Array) -> Array:
        """The frames of the seven links and of the tool, (8, 4, 4), in the base's."""
        local = _FIXED.copy()
        c, s = np.cos(q), np.sin(q)
        x, y = _FIXED[:7, :3, 0], _FIXED[:7, :3, 1]
        local[:7, :3, 0] = c[:, None] * x + s[:, None] * y
        local[:7, :3, 1] = c[:, None] * y - s[:, None] * x
        for i in range(1, 8):
            local[i] = local[i - 1] @ local[i]
        if self.tool != (0.0, 0.0, 0.0):
            local[7, :3, 3] += local[7, :3, :3] @ self.tool
        return local

    def pose(self, q: Sequence[float] | Array) -> tuple[Vec3, Quat]:
        """Position [m] and rotation of the tool."""
        return pose_of(self.frames(q))

    def jacobian(self, q: Sequence[float] | Array) -> Array:
        """What the tool's velocity (linear, angular) is per joint velocity, (6, 7)."""
        return jacobian_of(self.frames(q))

    def inverse(
        self,
        start: Sequence[float] | Array,
        pos: Vec3,
        quat: Quat,
        iterations: int = 8,
        damping: float = 0.01,
    ) -> Solution:
        """Angles for a pose of the tool, near to others.

        Args:
            start: Where to begin [rad].
            pos: Position of the tool [m].
            quat: Its rotation.
            iterations: At most; it ends at a millionth of a metre and of a radian.
            damping: l [m]: the larger, the calmer near a singularity.
        """
        q = np.array(start, float)
        for left in range(iterations, -1, -1):
            frames = self.frames(q)
            e = _error(frames, pos, quat)
            jacobian = jacobian_of(frames)
            if left == 0 or np.abs(e).max() < 1e-6:
                break
            square = jacobian @ jacobian.T
            square.flat[::7] += damping**2
            q = q + np.clip(jacobian.T @ np.linalg.solve(square, e), -0.5, 0.5)
        position, rotation = np.linalg.norm(e[:3]), np.linalg.norm(e[3:])
        return Solution(q, float(position), float(rotation), jacobian, frames)


GRIPPER = Gen3(tool=(0.0, 0.0, 0.12))
"""An arm with a gripper of two fingers, whose point is 0.12 m from the flange."""


def wrapped(angle: Array) -> Array:
    """Angles in [-pi, pi) [rad]; of a joint without end, or of a difference."""
    return (angle + pi) % (2 * pi) - pi


def joints_of(q: Array) -> Joints:
    """Seven numbers as a tuple."""
    a, b, c, d, e, f, g = q.tolist()
    return a, b, c, d, e, f, g


def pose_of(frames: Array) -> tuple[Vec3, Quat]:
    """Position [m] and rotation of the tool, from (8, 4, 4) of `Gen3.frames`."""
    frame = frames[7]
    x, y, z = frame[:3, 3].tolist()
    return (x, y, z), from_matrix(frame[:3, :3].tolist())


def _error(frames: Array, pos: Vec3, quat: Quat) -> Array:
    """From the tool to a pose: difference in position, then the rotation's vector."""
    at, rotation = pose_of(frames)
    r = vector_of(multiply(quat, conjugate(rotation)))
    return np.array((pos[0] - at[0], pos[1] - at[1], pos[2] - at[2], *r))


def jacobian_of(frames: Array) -> Array:
    """The Jacobian of the tool, (6, 7), from (8, 4, 4) of `Gen3.frames`."""
    z = frames[:7, :3, 2].T
    r = frames[7, :3, 3, None] - frames[:7, :3, 3].T
    made = np.empty((6, 7))
    made[0] = z[1] * r[2] - z[2] * r[1]
    made[1] = z[2] * r[0] - z[0] * r[2]
    made[2] = z[0] * r[1] - z[1] * r[0]
    made[3:] = z
    return made


def _fixed() -> Array:
    """Trans(p_i) Rot_x(s_i), (8, 4, 4)."""
    made = np.tile(np.eye(4), (8, 1, 1))
    for frame, offset, turns in zip(made, OFFSETS, TURNS, strict=True):
        c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[turns % 4]
        frame[1:3, 1:3] = (c, -s), (s, c)
        frame[:3, 3] = offset
    return made


_FIXED = _fixed()

"""What the gate says: a ruling, the reason, and the target that may be sent."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from ._rotations import Quat, Vec3
from ._values import PoseTarget

__all__ = ["Reason", "Ruling", "Sent", "Verdict"]


class Ruling(IntEnum):
    """What is to be done.

    PASS: send the target as it is. CLAMP: send a nearer one. HOLD: send nothing, the
    arm comes to rest. STOP: stop the arm, and send nothing until it is armed anew.
    """

    PASS = 0
    CLAMP = 1
    HOLD = 2
    STOP = 3


class Reason(IntEnum):
    """Why; those up to 99 are the gate's, the others the loop's."""

    NONE = 0
    NO_TARGET = 1
    MALFORMED_TARGET = 2
    MALFORMED_STATE = 3
    TARGET_AHEAD_OF_CLOCK = 4
    STATE_AHEAD_OF_CLOCK = 5
    TARGET_STALE = 6
    TARGET_EXPIRED = 7
    STATE_STALE = 8
    ARM_FAULT = 9
    ARM_NOT_READY = 10
    TARGET_OUTSIDE = 11
    ARM_OUTSIDE = 12
    ARM_TOO_FAST = 13
    ARM_BEYOND_JOINTS = 14
    TOOL_MISMATCH = 15
    FAR_START = 16
    OBSTACLE_NEAR = 17
    NO_TIME_PASSED = 18
    TOO_FAST = 19
    TOO_SUDDEN = 20
    LEAD = 21
    UNREACHABLE = 22
    JOINT_JUMP = 23
    JOINT_LIMIT = 24
    SINGULAR = 25
    OBSTACLE_AHEAD = 26
    SOFT_BOX = 27
    RATE = 28
    SELF_NEAR = 29

    OPERATOR = 100
    SIGNAL = 101
    EXCEPTION = 102
    CALL_FAILED = 103
    WATCHDOG = 104
    MISSES = 105
    OLD_GENERATION = 106
    CLOSED = 107


class Sent(NamedTuple):
    """The target that was sent last, for the one that comes next.

    Attributes:
        t: When [s].
        pos: Its position [m].
        quat: Its rotation.
        velocity: From the one before to it [m/s]; 0 after a hold.
    """

    t: float
    pos: Vec3
    quat: Quat
    velocity: Vec3


class Verdict(NamedTuple):
    """The gate's answer.

    Attributes:
        ruling: What is to be done.
        reason: Why.
        target: What may be sent, if anything.
        sent: What is `last` at the next check if it is sent.
    """

    ruling: Ruling
    reason: Reason
    target: PoseTarget | None = None
    sent: Sent | None = None

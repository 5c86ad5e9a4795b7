"""What the gate lets in: values that are what they should be, and of the present.

Whatever a value is (None, a string, NaN, a tuple too long), the answer is a reason, not
an exception. NaN passes comparisons and clips unseen, so finiteness comes first.
"""

from __future__ import annotations

from math import dist, isfinite

import numpy as np

from ._gen3 import FASTEST, RANGES, wrapped
from ._limits import Limits, Timing, Workspace
from ._values import ArmState, PoseTarget
from ._verdict import Reason, Ruling, Sent, Verdict

__all__ = ["admit_state", "admit_target", "inside", "sound_sent"]

HUGE = 1e6
"""No number of ours is that large."""
UNIT = 1e-3
"""How far the square of a quaternion's length may be from 1."""


def admit_target(target: object, now: float, limits: Limits) -> Verdict | None:
    """Why a target is not followed; None if it may be."""
    if target is None:
        return Verdict(Ruling.HOLD, Reason.NO_TARGET)
    if not isinstance(target, PoseTarget) or not _sound_target(target):
        return Verdict(Ruling.STOP, Reason.MALFORMED_TARGET)
    timing = limits.timing
    if max(target.t_sent, target.t_obs) > now + timing.ahead:
        return Verdict(Ruling.STOP, Reason.TARGET_AHEAD_OF_CLOCK)
    age = now - target.t_sent
    if age >= timing.hold_after:
        return _aged(age, timing.stop_after, Reason.TARGET_STALE)
    if now > target.t_valid_until:
        return Verdict(Ruling.HOLD, Reason.TARGET_EXPIRED)
    if not inside(target.pos, limits.workspace):
        return Verdict(Ruling.STOP, Reason.TARGET_OUTSIDE)
    return None


def admit_state(state: object, now: float, limits: Limits) -> Verdict | None:
    """Why nothing may be sent on a state; None if something may."""
    if not isinstance(state, ArmState) or not _sound_state(state):
        return Verdict(Ruling.STOP, Reason.MALFORMED_STATE)
    if state.faults:
        return Verdict(Ruling.STOP, Reason.ARM_FAULT)
    if not state.ready:
        return Verdict(Ruling.STOP, Reason.ARM_NOT_READY)
    late = _late(state, now, limits.timing)
    if late is not None:
        return late
    if not inside(state.pos, limits.workspace):
        return Verdict(Ruling.STOP, Reason.ARM_OUTSIDE)
    if any(abs(v) > most for v, most in zip(state.dq, FASTEST, strict=True)):
        return Verdict(Ruling.STOP, Reason.ARM_TOO_FAST)
    if (np.abs(wrapped(np.array(state.q))) > RANGES).any():
        return Verdict(Ruling.STOP, Reason.ARM_BEYOND_JOINTS)
    return None


def inside(pos: tuple[float, float, float], box: Workspace, by: float = 0.0) -> bool:
    """Whether a point is in the box, at least `by` [m] from its sides."""
    rows = zip(pos, box.low, box.high, strict=True)
    return all(low + by <= x <= high - by for x, low, high in rows)


def sound_sent(last: object) -> bool:
    """Whether what was sent last is what it should be; None is nothing."""
    if not isinstance(last, Sent):
        return last is None
    return (
        _finite(last.t)
        and _numbers(last.pos, 3)
        and _rotation(last.quat)
        and _numbers(last.velocity, 3)
    )


def _late(state: ArmState, now: float, timing: Timing) -> Verdict | None:
    age = now - state.t
    if -age > timing.ahead:
        return Verdict(Ruling.STOP, Reason.STATE_AHEAD_OF_CLOCK)
    if age > timing.feedback_hold:
        return _aged(age, timing.feedback_stop, Reason.STATE_STALE)
    return None


def _aged(age: float, stop: float, reason: Reason) -> Verdict:
    return Verdict(Ruling.STOP if age >= stop else Ruling.HOLD, reason)


def _sound_target(target: PoseTarget) -> bool:
    times = target.t_obs, target.t_sent, target.t_valid_until
    return (
        _numbers(target.pos, 3)
        and _rotation(target.quat)
        and all(_finite(t) for t in times)
        and _whole(target.seq)
        and _whole(target.generation)
    )


def _sound_state(state: ArmState) -> bool:
    return (
        _numbers(state.q, 7)
        and _numbers(state.dq, 7)
        and _numbers(state.pos, 3)
        and _rotation(state.quat)
        and _numbers(state.twist, 6)
        and _finite(state.t)
        and _whole(state.seq)
        and _whole(state.faults)
        and isinstance(state.ready, bool)
    )


def _numbers(value: object, n: int) -> bool:
    if not isinstance(value, tuple) or len(value) != n:
        return False
    return all(_finite(x) and abs(x) < HUGE for x in value)


def _finite(x: object) -> bool:
    return isinstance(x, float) and isfinite(x)


def _whole(x: object) -> bool:
    return isinstance(x, int) and abs(x) < 2**63


def _rotation(value: object) -> bool:
    if not isinstance(value, tuple) or not _numbers(value, 4):
        return False
    return abs(dist(value, (0.0, 0.0, 0.0, 0.0)) ** 2 - 1) <= UNIT

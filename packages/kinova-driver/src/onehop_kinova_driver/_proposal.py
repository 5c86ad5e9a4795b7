"""The target that is sent next: on the way from the last one to the one asked for.

With the last target p_l, which moved with u, the one asked for p*, the tool at m and
dt = min(now - t_l, T), the next is p = p_l + w dt. Of the velocity w `_approach` sees
to |w| <= v and |w - u| <= a dt; v is the limit, scaled down near obstacles and
singularities, and at most what the arm can stop from before p is `lead` from m. The
rotation turns to the one asked for by at most `turn` dt.

A target that moves on at v is so followed v^2 / (2 a) + v T / 2 behind it.

`breach` then says by itself which limit a proposal breaks, however it was made: where
two limits cannot both be kept, as when something appears ahead at full speed, nothing
is sent.
"""

from __future__ import annotations

from math import dist
from typing import NamedTuple

from ._admission import inside
from ._approach import approached, stopping_speed
from ._limits import Limits, Workspace
from ._rotations import Vec3, angle_between, turned, unit
from ._values import ArmState, PoseTarget
from ._verdict import Reason, Sent

__all__ = ["Proposal", "breach", "propose", "softened"]

SLACK, ANGLE_SLACK = 1e-9, 1e-6
"""For what floats lose: [m] and [m/s]; [rad]."""


class Proposal(NamedTuple):
    """What might be sent.

    Attributes:
        before: What was sent last, or where the tool is.
        dt: What has passed since [s].
        speed: The limit as it was scaled [m/s].
        turn: The same [rad/s].
        sent: What is proposed.
    """

    before: Sent
    dt: float
    speed: float
    turn: float
    sent: Sent


def softened(pos: Vec3, box: Workspace) -> Vec3:
    """The nearest point that is `soft` from the sides of the box."""
    rows = zip(pos, box.low, box.high, strict=True)
    x, y, z = (min(max(p, a + box.soft), b - box.soft) for p, a, b in rows)
    return x, y, z


def propose(
    state: ArmState,
    target: PoseTarget,
    now: float,
    last: Sent | None,
    scale: float,
    limits: Limits,
) -> Proposal:
    """The next target.

    Args:
        state: Where the arm is.
        target: Where it is to go.
        now: The time [s].
        last: What was sent last; None at the start.
        scale: The share of the speeds that is allowed, in (0, 1].
        limits: All limits.
    """
    motion, timing = limits.motion, limits.timing
    before = last or Sent(now - timing.period, state.pos, state.quat, (0.0, 0.0, 0.0))
    if now - before.t > timing.hold_after:
        before = before._replace(velocity=(0.0, 0.0, 0.0))
    dt = min(now - before.t, timing.period)
    speed, turn = scale * motion.speed, scale * motion.turn
    if dt <= 0:
        return Proposal(before, dt, speed, turn, before)
    room = stopping_speed(
        motion.lead - dist(before.pos, state.pos), motion.acceleration, dt
    )
    goal = softened(target.pos, limits.workspace)
    pos, velocity = approached(
        before.pos, before.velocity, goal, min(speed, room), motion.acceleration, dt
    )
    quat = turned(before.quat, unit(target.quat), turn * dt)
    if angle_between(quat, state.quat) > motion.lead_angle:
        quat = before.quat
    return Proposal(before, dt, speed, turn, Sent(now, pos, quat, velocity))


def breach(made: Proposal, state: ArmState, limits: Limits) -> Reason:
    """The first limit that a proposal breaks; NONE if it keeps to all."""
    motion, before, sent = limits.motion, made.before, made.sent
    moved, rotated = dist(sent.pos, before.pos), angle_between(sent.quat, before.quat)
    change = dist(sent.velocity, before.velocity)
    ahead, aside = dist(sent.pos, state.pos), angle_between(sent.quat, state.quat)
    kept = (
        (Reason.NO_TIME_PASSED, made.dt > 0),
        (Reason.TOO_FAST, moved <= made.speed * made.dt + SLACK),
        (Reason.TOO_FAST, rotated <= made.turn * made.dt + ANGLE_SLACK),
        (Reason.TOO_SUDDEN, change <= motion.acceleration * made.dt + SLACK),
        (Reason.LEAD, ahead <= motion.lead + SLACK),
        (Reason.LEAD, aside <= motion.lead_angle + ANGLE_SLACK),
        (Reason.TARGET_OUTSIDE, inside(sent.pos, limits.workspace)),
    )
    # Of what holds, not of what is broken: NaN holds to nothing.
    return next((reason for reason, holds in kept if not holds), Reason.NONE)

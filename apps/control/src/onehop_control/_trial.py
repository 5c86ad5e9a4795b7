"""A trial: an episode on virtual time, the driver unchanged.

Loop, gate and arm are those that move metal; their clock moves only when told to, so
that an episode of a minute takes as long as its computations. What a policy takes to
decide passes on that clock, too (`VirtualPolicy`).

*Patience* is the age of a target at which the driver stops: 0.2 s as it is, at most
1 s, with the age at which it holds in proportion. It is widened to see what policies
do that are too slow for it, for all alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    GRIPPER,
    ArmInterface,
    Clock,
    Limits,
    SafetyGate,
    ServoLoop,
    Tick,
    Timing,
    VirtualClock,
)

from ._arrival import Arrival, Tolerance
from ._outcome import Decided, Outcome, outcome
from ._pilot import Pilot
from ._problem import Problem
from ._virtual_policy import AsMeasured, Pace, VirtualPolicy

__all__ = ["VALID", "Conditions", "MakeArm", "Trial", "patient", "try_out"]

MakeArm: TypeAlias = Callable[[Clock, Problem], ArmInterface]
"""(clock, problem) -> an arm at the problem's start, not connected."""

VALID = 0.3
"""What targets are worth anything for, unless the driver waits longer [s]."""


@dataclass(frozen=True)
class Conditions:
    """What holds for all policies alike.

    Attributes:
        make_arm: Makes the arm.
        limits: The gate's.
        ends: When an episode ends.
        pace: What decisions take.
    """

    make_arm: MakeArm
    limits: Limits = field(default_factory=Limits)
    ends: Tolerance = field(default_factory=Tolerance)
    pace: Pace = field(default_factory=AsMeasured)


class Trial(NamedTuple):
    """An episode.

    Attributes:
        outcome: What came of it.
        decided: What the policy did.
        ticks: The driver's.
    """

    outcome: Outcome
    decided: Decided
    ticks: list[Tick]


def patient(stop_after: float) -> Timing:
    """The driver's timing with that patience [s].

    Raises:
        BadInput: if it is less than the driver's own, or more than its bound.
    """
    plain = Timing()
    if not plain.stop_after <= stop_after <= 1:
        expected = f"{plain.stop_after:g} to 1 s"
        raise BadInput(f"--patience: expected {expected}, got {stop_after:g}")
    ratio = plain.hold_after / plain.stop_after
    return Timing(hold_after=min(0.5, ratio * stop_after), stop_after=stop_after)


def try_out(pilot: Pilot, problem: Problem, given: Conditions) -> Trial:
    """One episode.

    Args:
        pilot: Decides; it begins anew.
        problem: What is to be done.
        given: What holds for all.

    Raises:
        BadInput: if the problem cannot be begun.
    """
    clock, ticks = VirtualClock(), list[Tick]()
    gate = SafetyGate(given.limits, GRIPPER)
    pilot.forget()
    valid = max(VALID, given.limits.timing.hold_after)
    policy = VirtualPolicy(pilot, problem.quat, clock, given.pace, valid)

    def record(tick: Tick) -> None:
        ticks.append(tick)
        policy.see(tick)

    arm, scene = given.make_arm(clock, problem), problem.scene
    loop = ServoLoop(arm, gate, policy.latest, lambda: scene, clock, record)
    arrived = Arrival(problem.goal, given.ends.near)

    def done() -> bool:
        state = ticks[-1].seen.state if ticks else None
        there = state is not None and arrived(state)
        return there or clock.now() > given.ends.seconds

    loop.connect()
    loop.arm()
    loop.run(done)
    reason = loop.reason
    loop.close()
    decided, near = policy.decided, given.ends.near
    came = outcome(ticks, decided, problem, GRIPPER, near, reason)
    return Trial(came, decided, ticks)

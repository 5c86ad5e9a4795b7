"""What came of an episode, measured.

*Success*: at the end the tool is at the goal and at rest, and nothing was touched at
any tick. *Contact*: the clearance of the whole arm, by the driver's `Body` at the
measured joints, is not above 0. The *end effector's* clearance is the distance of the
tool's point to the nearest obstacle, less the tool's radius. *Completion* is from the
first tick to the last. Ticks before the first target was there hold nothing up and
count as no hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import dist
from typing import NamedTuple

import numpy as np

from onehop_interfaces import BadInput
from onehop_kinova_driver import ArmState, Body, Gen3, Reason, Ruling, Tick

from ._arrival import Arrival
from ._problem import Problem

__all__ = ["Decided", "Outcome", "outcome"]


class Decided(NamedTuple):
    """What the policy did.

    Attributes:
        latencies: Of its decisions [s].
        missed: Points of its grid that they passed.
        switches: Decisions that went another way than the one before.
    """

    latencies: Sequence[float]
    missed: int
    switches: int


@dataclass(frozen=True)
class Outcome:
    """The episode.

    Attributes:
        success: Arrived, and touched nothing.
        contact: Touched something.
        end: Why it ended, e.g. "ARRIVED", "TIME", or the driver's reason.
        seconds: How long it took [s].
        error: How far the tool is from the goal at the end [m].
        tool_clearance: The least of the end effector [m].
        arm_clearance: The least of the whole arm [m].
        latency_mean: Of a decision [s].
        latency_p95: Of 95 % of them at most [s].
        decisions: How many.
        missed: Points of the policy's grid at which it was still deciding.
        switches: Changes of mind.
        ticks: Of the driver.
        holds: Of these, at which nothing was sent.
        clamps: Of these, at which a nearer target was.
    """

    success: bool
    contact: bool
    end: str
    seconds: float
    error: float
    tool_clearance: float
    arm_clearance: float
    latency_mean: float
    latency_p95: float
    decisions: int
    missed: int
    switches: int
    ticks: int
    holds: int
    clamps: int


def outcome(
    ticks: Sequence[Tick],
    decided: Decided,
    problem: Problem,
    arm: Gen3,
    near: float,
    reason: Reason,
) -> Outcome:
    """What came of the ticks of an episode.

    Args:
        ticks: In order.
        decided: What the policy did.
        problem: What was to be done.
        arm: Whose kinematics.
        near: How far the tool may be from the goal [m].
        reason: Why the driver stopped; NONE if it was not the driver.

    Raises:
        BadInput: if the arm never said anything.
    """
    states = [tick.seen.state for tick in ticks if tick.seen.state is not None]
    if not states:
        raise BadInput("episode: expected states of the arm, found none")
    arrived, body = Arrival(problem.goal, near), Body(arm)
    there = [arrived(state) for state in states][-1]
    frames = [arm.frames(state.q) for state in states]
    clear = min(body.clearance(each, problem.scene) for each in frames)
    ended = reason.name if reason != Reason.NONE else "ARRIVED" if there else "TIME"
    latencies = decided.latencies or [0.0]
    rulings = Counter(map(_ruling, ticks))
    return Outcome(
        success=there and clear > 0,
        contact=clear <= 0,
        end=ended,
        seconds=states[-1].t - states[0].t,
        error=dist(states[-1].pos, problem.goal),
        tool_clearance=_tool_clearance(states, problem, arm),
        arm_clearance=clear,
        latency_mean=float(np.mean(latencies)),
        latency_p95=float(np.quantile(latencies, 0.95)),
        decisions=len(decided.latencies),
        missed=decided.missed,
        switches=decided.switches,
        ticks=len(ticks),
        holds=rulings[Ruling.HOLD],
        clamps=rulings[Ruling.CLAMP],
    )


def _ruling(tick: Tick) -> Ruling | None:
    verdict = tick.verdict
    if verdict is None or verdict.reason == Reason.NO_TARGET:
        return None
    return verdict.ruling


def _tool_clearance(states: Sequence[ArmState], problem: Problem, arm: Gen3) -> float:
    points = np.array([state.pos for state in states])
    return float(problem.scene.distance(points).min()) - arm.tool_radius

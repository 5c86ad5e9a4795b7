"""Episodes on virtual time: late decisions, stops, contact, success."""

from itertools import pairwise

import numpy as np
import pytest

from onehop_control import (
    GRIPPER,
    Conditions,
    Fixed,
    Hand,
    Pilot,
    Situation,
    Tolerance,
    Weights,
    kinematic,
    mujoco,
    try_out,
)
from onehop_control._outcome import outcome
from onehop_control._sampled import Sampled
from onehop_control._straight import Straight
from onehop_control._trial import patient
from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    Limits,
    Posture,
    Reason,
    Ruling,
    SafetyGate,
    Timing,
    Workspace,
)

BALL = Hand(np.zeros((1, 3)), np.array([0.05]))


def pilot(propose, problem, weights=None):
    there = Situation(problem.goal, problem.scene, BALL, Workspace())
    return Pilot(propose, there, weights)


def straight(problem, **more):
    weights = more.pop("weights", None)
    given = Conditions(kinematic, pace=Fixed(more.pop("latency", 0.0)), **more)
    return try_out(pilot(Straight(problem.goal), problem, weights), problem, given)


def test_straight_to_the_goal(free):
    trial = straight(free)
    came = trial.outcome
    assert came.success
    assert not came.contact
    assert came.end == "ARRIVED"
    assert came.error < 0.002
    assert 1.5 < came.seconds < 6
    assert (came.holds, came.missed, came.switches) == (0, 0, 0)
    assert came.decisions == pytest.approx(came.ticks, abs=2)
    points = np.array([t.seen.state.pos for t in trial.ticks])
    least = free.scene.distance(points).min()
    assert came.tool_clearance == pytest.approx(least - GRIPPER.tool_radius)


def test_with_masses_it_arrives_as_well(close):
    given = Conditions(mujoco, pace=Fixed(0.0))
    came = try_out(pilot(Straight(close.goal), close), close, given).outcome
    assert came.success
    assert came.error < 0.002


def test_the_same_again_is_the_same(free, fan):
    propose = Sampled(fan, free.goal, free.scene, 8, 3)
    given = Conditions(kinematic, pace=Fixed(0.01))
    one = try_out(pilot(propose, free), free, given)
    two = try_out(pilot(propose, free), free, given)
    assert one.outcome == two.outcome
    assert one.outcome.success
    a, b = ([t.seen.state.q for t in trial.ticks] for trial in (one, two))
    assert a == b


@pytest.mark.parametrize(("latency", "missed"), [(0.05, 0), (0.06, 1), (0.12, 2)])
def test_a_decision_is_there_when_it_would_have_been(free, latency, missed):
    """The next begins at the first point of the grid after it; until then: the old."""
    trial = straight(free, latency=latency, ends=Tolerance(seconds=1.5))
    decided, ticks = trial.decided, trial.ticks
    assert decided.missed / len(decided.latencies) == missed
    targets = [t.seen.target for t in ticks if t.seen.target is not None]
    new = {target.seq: target for target in targets}
    for target in new.values():
        assert target.t_sent - target.t_obs >= latency
        # It looked at the driver's latest, half a period old.
        assert target.t_sent - target.t_obs == pytest.approx(latency + 0.025, abs=1e-6)
    starts = sorted(target.t_sent - latency for target in new.values())
    steps = [b - a for a, b in pairwise(starts)]
    assert steps == pytest.approx([0.05 * (1 + missed)] * len(steps))
    for tick in ticks:
        if tick.seen.target is not None:
            assert tick.seen.target.t_sent <= tick.times.now


def test_what_is_too_slow_for_the_driver_is_held_and_then_stopped(free):
    held = straight(free, latency=0.12).outcome
    assert held.success
    assert held.holds > 10
    stopped = straight(free, latency=0.3).outcome
    assert stopped.end == "TARGET_STALE"
    assert not stopped.success
    assert stopped.seconds < 1


def test_patience_is_for_all_and_has_a_bound(free):
    limits = Limits(timing=patient(0.8))
    came = straight(free, latency=0.3, limits=limits).outcome
    assert came.success
    assert came.seconds > straight(free).outcome.seconds
    assert patient(0.2) == Timing()
    assert patient(1.0).hold_after == 0.5
    for wrong in (0.1, 1.2):
        with pytest.raises(BadInput, match=r"--patience: expected 0\.2 to 1 s"):
            patient(wrong)


def test_a_ball_in_the_way_is_not_touched_and_no_success(blocked):
    came = straight(blocked, ends=Tolerance(seconds=6)).outcome
    assert not came.success
    assert not came.contact
    assert came.end in ("TIME", "OBSTACLE_NEAR")
    assert 0.015 < came.arm_clearance < 0.03
    assert came.holds > 0 or came.end == "OBSTACLE_NEAR"


def test_touching_is_no_success(blocked, monkeypatch):
    """With a gate that looks away; the outcome looks at the measured joints itself."""
    blind = Posture(stop_clearance=1e-9, slow_clearance=2e-9)
    monkeypatch.setattr(SafetyGate, "_bent", lambda *_: 0)
    monkeypatch.setattr(
        "onehop_kinova_driver._body.Body.clearance",
        lambda body, frames, scene: 1.0,
    )
    trial = straight(blocked, limits=Limits(posture=blind), weights=Weights(near=0.0))
    monkeypatch.undo()
    assert trial.outcome.success
    came = outcome(trial.ticks, trial.decided, blocked, GRIPPER, 0.01, Reason.NONE)
    assert came.contact
    assert not came.success
    assert came.arm_clearance < 0


def test_what_is_no_number_is_not_sent_and_the_arm_stops(free):
    straight_on = Straight(free.goal)

    def propose(state, k):
        return straight_on(state, k) if k < 10 else np.full((2, 32, 3), np.nan)

    given = Conditions(kinematic, pace=Fixed(0.0))
    trial = try_out(pilot(propose, free), free, given)
    assert trial.outcome.end == "TARGET_STALE"
    assert max(t.seen.target.seq for t in trial.ticks if t.seen.target) == 10
    assert trial.outcome.seconds < 1


def test_time_is_over(free):
    came = straight(free, ends=Tolerance(seconds=0.5)).outcome
    assert (came.end, came.success) == ("TIME", False)
    assert came.seconds == pytest.approx(0.5, abs=0.051)


def test_holds_are_those_of_the_driver(free):
    trial = straight(free, latency=0.12)
    rulings = [t.verdict.ruling for t in trial.ticks if t.seen.target is not None]
    assert trial.outcome.holds == rulings.count(Ruling.HOLD)
    assert trial.outcome.clamps == rulings.count(Ruling.CLAMP)

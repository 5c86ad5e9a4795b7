"""What the gate promises of how the arm stands: obstacles, joints, singularities."""

from math import cos, dist, pi, sin

import numpy as np
import pytest

from onehop_kinova_driver import (
    HOME,
    Box,
    Gen3,
    Limits,
    Posture,
    Reason,
    Ruling,
    SafetyGate,
    Scene,
    Sent,
    Sphere,
)
from onehop_kinova_driver._gate import condition_of

NOW = 100.0
NOTHING = Scene()
FOLDED = (0.0, 1.6, pi, -1.9, pi, 1.8, 0.0)
"""The tool before the pedestal, 47 mm from it, looking at it."""


def said(verdict):
    return verdict.ruling, verdict.reason


def ball_at(clearance, radius=0.1):
    """A ball beside the wrist of the arm at home, so far away from it."""
    arm = SafetyGate()._body
    frames = arm.arm.frames(HOME)
    low, high = 0.0, 1.0
    for _ in range(60):
        y = (low + high) / 2
        ball = Scene((Sphere((0.45, y, 0.43), radius),))
        low, high = (y, high) if arm.clearance(frames, ball) < clearance else (low, y)
    return ball


@pytest.mark.parametrize(
    ("clearance", "share"), [(0.07, 1.0), (0.06, 1.0), (0.04, 0.5), (0.022, 0.1)]
)
def test_near_obstacles_it_slows_down(gate, home, target_by, clearance, share):
    away = target_by(home, (0.0, -0.1, 0.0))
    last = Sent(NOW - 0.05, home.pos, home.quat, (0.0, -0.1 * share, 0.0))
    verdict = gate.check(home, away, ball_at(clearance), NOW, last)
    moved = dist(verdict.target.pos, home.pos)
    assert moved == pytest.approx(share * 0.1 * 0.05, rel=1e-3)


def test_where_it_cannot_slow_down_in_time_it_holds(gate, home, target_by):
    away = target_by(home, (0.0, -0.1, 0.0))
    last = Sent(NOW - 0.05, home.pos, home.quat, (0.0, -0.1, 0.0))
    verdict = gate.check(home, away, ball_at(0.022), NOW, last)
    assert said(verdict) == (Ruling.HOLD, Reason.TOO_FAST)


def test_too_near_an_obstacle_it_stops_and_does_not_go_there(gate, home, target_by):
    verdict = gate.check(home, target_by(home), ball_at(0.0199), NOW)
    assert said(verdict) == (Ruling.STOP, Reason.OBSTACLE_NEAR)
    last = Sent(NOW - 0.05, home.pos, home.quat, (0.0, 0.0, 0.0))
    towards = target_by(home, (0.0, 0.1, 0.0))
    verdict = gate.check(home, towards, ball_at(0.0202), NOW, last)
    assert said(verdict) == (Ruling.HOLD, Reason.OBSTACLE_AHEAD)


def test_the_whole_arm_is_looked_at(gate, home, target_by):
    elbow = Gen3().frames(HOME)[3, :3, 3]
    box = Box(tuple(elbow + np.array([0.0, 0.0, 0.09])), (0.05, 0.05, 0.02))
    verdict = gate.check(home, target_by(home), Scene(boxes=(box,)), NOW)
    assert said(verdict) == (Ruling.STOP, Reason.OBSTACLE_NEAR)


def test_joints_keep_a_margin_but_may_come_back(state_at, target_by, wide):
    gate = SafetyGate(Limits(workspace=wide))
    state = state_at((*HOME[:3], -2.48, *HOME[4:]))
    base = np.array(Gen3().frames(state.q)[1][:3, 3])
    way = base - state.pos
    way /= np.linalg.norm(way)
    last = Sent(NOW - 0.05, state.pos, state.quat, (0.0, 0.0, 0.0))
    inwards = target_by(state, tuple(0.1 * way))
    verdict = gate.check(state, inwards, NOTHING, NOW, last)
    assert said(verdict) == (Ruling.HOLD, Reason.JOINT_LIMIT)
    outwards = target_by(state, tuple(-0.1 * way))
    assert gate.check(state, outwards, NOTHING, NOW, last).ruling == Ruling.CLAMP


def test_near_a_singularity_it_slows_down_and_goes_no_farther(
    state_at, target_by, wide
):
    gate, arm = SafetyGate(Limits(workspace=wide)), Gen3()

    def stretched(elbow):  # the forearm nearly in line with the upper arm
        return (0.0, 1.0, 0.0, elbow, 0.0, 0.8, 0.0)

    seen = set()
    for elbow in np.linspace(0.6, 0.02, 60):
        state = state_at(stretched(elbow))
        out = np.array([cos(0.0), 0.0, 0.5 * sin(1.0)])
        last = Sent(NOW - 0.05, state.pos, state.quat, (0.0, 0.0, 0.0))
        target = target_by(state, tuple(0.01 * out))
        verdict = gate.check(state, target, NOTHING, NOW, last)
        now = condition_of(arm.jacobian(state.q))
        if verdict.target is None:
            seen.add(verdict.reason)
            continue
        found = arm.inverse(state.q, verdict.target.pos, verdict.target.quat)
        then = condition_of(found.jacobian)
        assert then <= max(30.0, now) + 1e-3
        share = max(0.1, min(1.0, (30 - now) / 13))
        assert dist(verdict.target.pos, state.pos) <= 0.1 * share * 0.05 + 1e-9
    assert Reason.SINGULAR in seen


def folded_to(clearance):
    """Angles at which the tool has come so near to the pedestal."""
    gate = SafetyGate()
    pos, quat = gate.arm.pose(FOLDED)
    far, near = 0.0, 0.06
    for _ in range(40):
        by = (far + near) / 2
        q, after = FOLDED, np.linspace(0.0, by, 5)[1:]
        for x in after:
            found = gate.arm.inverse(q, (pos[0] - x, *pos[1:]), quat)
            q = found.q
        reached = gate._body.self_clearance(found.frames)
        far, near = (by, near) if reached > clearance else (far, by)
    return q


@pytest.mark.parametrize("least", [0.01, 0.03])
def test_the_arm_keeps_clear_of_itself(state_at, target_by, wide, least):
    gate = SafetyGate(Limits(workspace=wide, posture=Posture(self_clearance=least)))
    state = state_at(folded_to(least + 5e-4))
    last = Sent(NOW - 0.05, state.pos, state.quat, (-0.02, 0.0, 0.0))
    inwards = target_by(state, (-0.05, 0.0, 0.0))  # 1 mm or more, of which half is left
    verdict = gate.check(state, inwards, NOTHING, NOW, last)
    assert said(verdict) == (Ruling.HOLD, Reason.SELF_NEAR)
    farther = state_at(folded_to(least + 4e-3))
    last = Sent(NOW - 0.05, farther.pos, farther.quat, (-0.02, 0.0, 0.0))
    inwards = target_by(farther, (-0.05, 0.0, 0.0))
    assert gate.check(farther, inwards, NOTHING, NOW, last).ruling == Ruling.CLAMP


def test_too_near_itself_it_may_stay_and_leave_but_not_go_nearer(
    state_at, target_by, wide
):
    gate = SafetyGate(Limits(workspace=wide))
    state = state_at(folded_to(0.004))
    last = Sent(NOW - 0.05, state.pos, state.quat, (0.0, 0.0, 0.0))
    for by, ruling in ((-0.05, Ruling.HOLD), (0.0, Ruling.PASS), (0.05, Ruling.CLAMP)):
        target = target_by(state, (by, 0.0, 0.0))
        assert gate.check(state, target, NOTHING, NOW, last).ruling == ruling
    assert gate.watch(state, NOTHING, NOW) is None


def test_a_pose_out_of_reach_is_not_sent(state_at, target_by, wide):
    gate = SafetyGate(Limits(workspace=wide))
    state = state_at((0.0, 1.0, 0.0, 0.01, 0.0, 0.01, 0.0))
    last = Sent(NOW - 0.05, state.pos, state.quat, (0.08, 0.0, -0.05))
    target = target_by(state, (0.1, 0.0, 0.1))
    assert gate.check(state, target, NOTHING, NOW, last).target is None

"""What the gate promises of a single check."""

from math import dist, inf, nan, radians

import numpy as np
import pytest

from onehop_kinova_driver import (
    HOME,
    Gen3,
    Reason,
    Ruling,
    SafetyGate,
    Scene,
    Sent,
)
from onehop_kinova_driver._rotations import angle_between, from_vector, multiply

NOW = 100.0
NOTHING = Scene()


def said(verdict):
    return verdict.ruling, verdict.reason


def test_where_it_is_is_passed(gate, home, target_by):
    verdict = gate.check(home, target_by(home), NOTHING, NOW)
    assert said(verdict) == (Ruling.PASS, Reason.NONE)
    assert verdict.target.pos == home.pos
    assert verdict.sent.velocity == (0.0, 0.0, 0.0)


def test_it_is_a_function_of_its_arguments(gate, home, target_by):
    args = home, target_by(home, (0.01, 0.0, 0.0)), NOTHING, NOW
    first = gate.check(*args)
    gate.check(home, target_by(home, (0.0, -0.02, 0.0)), NOTHING, NOW + 0.05)
    assert gate.check(*args) == first


STALE = Reason.TARGET_STALE


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0.124, (Ruling.CLAMP, Reason.RATE)),
        (0.126, (Ruling.HOLD, STALE)),
        (0.199, (Ruling.HOLD, STALE)),
        (0.201, (Ruling.STOP, STALE)),
        (1e6, (Ruling.STOP, STALE)),
        (-0.02, (Ruling.STOP, Reason.TARGET_AHEAD_OF_CLOCK)),
    ],
)
def test_age_of_a_target(gate, home, target_by, age, expected):
    target = target_by(home, (0.01, 0.0, 0.0), t_sent=NOW - age)
    assert said(gate.check(home, target, NOTHING, NOW)) == expected


def test_what_is_worth_nothing_any_more_is_not_followed(gate, home, target_by):
    target = target_by(home, t_valid_until=NOW - 0.001)
    verdict = gate.check(home, target, NOTHING, NOW)
    assert said(verdict) == (Ruling.HOLD, Reason.TARGET_EXPIRED)
    verdict = gate.check(home, None, NOTHING, NOW)
    assert said(verdict) == (Ruling.HOLD, Reason.NO_TARGET)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0.099, (Ruling.PASS, Reason.NONE)),
        (0.101, (Ruling.HOLD, Reason.STATE_STALE)),
        (0.249, (Ruling.HOLD, Reason.STATE_STALE)),
        (0.251, (Ruling.STOP, Reason.STATE_STALE)),
        (-0.02, (Ruling.STOP, Reason.STATE_AHEAD_OF_CLOCK)),
    ],
)
def test_age_of_a_state(gate, home, target_by, age, expected):
    verdict = gate.check(home._replace(t=NOW - age), target_by(home), NOTHING, NOW)
    assert said(verdict) == expected


BAD = [None, nan, inf, -inf, "0", 1e7, np.float32(1), (0.1,), []]


@pytest.mark.parametrize("bad", BAD)
def test_malformed_targets_stop(gate, home, target_by, bad):
    good = target_by(home)
    for place in range(3):
        pos = (*good.pos[:place], bad, *good.pos[place + 1 :])
        verdict = gate.check(home, good._replace(pos=pos), NOTHING, NOW)
        assert said(verdict) == (Ruling.STOP, Reason.MALFORMED_TARGET)
    others = [{"pos": bad}, {"quat": bad}, {"t_valid_until": bad}, {"t_sent": bad}]
    for change in [*others[:2], *([] if bad == 1e7 or bad == 1 else others[2:])]:
        verdict = gate.check(home, good._replace(**change), NOTHING, NOW)
        assert said(verdict) == (Ruling.STOP, Reason.MALFORMED_TARGET), change


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", ["q", "dq", "pos", "quat", "twist"])
def test_malformed_states_stop(gate, home, target_by, name, bad):
    good = getattr(home, name)
    for value in (bad, (bad, *good[1:]), (*good, 0.0), list(good)):
        verdict = gate.check(
            home._replace(**{name: value}), target_by(home), NOTHING, NOW
        )
        assert said(verdict) == (Ruling.STOP, Reason.MALFORMED_STATE)


@pytest.mark.parametrize("thing", [None, 3, "target", (), {}])
def test_other_things_are_answered(gate, home, target_by, thing):
    assert gate.check(thing, target_by(home), NOTHING, NOW).ruling == Ruling.STOP
    assert gate.check(home, target_by(home), thing, NOW).ruling == Ruling.STOP
    assert gate.check(home, target_by(home), NOTHING, thing).ruling == Ruling.STOP
    assert gate.check(home, thing, NOTHING, NOW).ruling >= Ruling.HOLD


@pytest.mark.parametrize("scale", [0.0, 0.99, 1.01, -2.0, 1e-300])
def test_quaternions_have_length_one(gate, home, target_by, scale):
    quat = tuple(scale * x for x in home.quat)
    verdict = gate.check(home, target_by(home, quat=quat), NOTHING, NOW)
    assert said(verdict) == (Ruling.STOP, Reason.MALFORMED_TARGET)


def test_faults_and_a_mode_that_does_not_obey_stop(gate, home, target_by):
    verdict = gate.check(home._replace(faults=4), target_by(home), NOTHING, NOW)
    assert said(verdict) == (Ruling.STOP, Reason.ARM_FAULT)
    verdict = gate.check(home._replace(ready=False), target_by(home), NOTHING, NOW)
    assert said(verdict) == (Ruling.STOP, Reason.ARM_NOT_READY)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("side", ["low", "high"])
def test_outside_the_box_stops_and_near_its_sides_is_clamped(
    gate, home, target_by, axis, side
):
    box = gate.limits.workspace
    edge, sign = getattr(box, side)[axis], 1 if side == "high" else -1
    last = Sent(NOW - 0.05, home.pos, home.quat, (0.0, 0.0, 0.0))

    def at(x):
        pos = list(home.pos)
        pos[axis] = x
        return target_by(home, pos=tuple(pos))

    verdict = gate.check(home, at(edge + sign * 0.001), NOTHING, NOW, last)
    assert said(verdict) == (Ruling.STOP, Reason.TARGET_OUTSIDE)
    verdict = gate.check(home, at(edge - sign * 0.001), NOTHING, NOW, last)
    assert said(verdict) == (Ruling.CLAMP, Reason.SOFT_BOX)
    verdict = gate.check(home, at(edge - sign * 0.021), NOTHING, NOW, last)
    assert said(verdict) == (Ruling.CLAMP, Reason.RATE)


def test_an_arm_outside_the_box_is_stopped(gate, state_at, target_by):
    out = state_at((2.5, *HOME[1:]))
    assert out.pos[0] < 0.15
    verdict = gate.check(out, target_by(out, pos=(0.4, 0.0, 0.4)), NOTHING, NOW)
    assert said(verdict) == (Ruling.STOP, Reason.ARM_OUTSIDE)


def test_a_joint_that_races_or_is_out_of_range_stops(gate, home, target_by):
    for joint, most in ((0, radians(80)), (6, radians(70.1))):
        dq = [0.0] * 7
        dq[joint] = -1.01 * most
        verdict = gate.check(home._replace(dq=tuple(dq)), target_by(home), NOTHING, NOW)
        assert said(verdict) == (Ruling.STOP, Reason.ARM_TOO_FAST)
    q = (*HOME[:3], -2.6, *HOME[4:])
    verdict = gate.check(home._replace(q=q), target_by(home), NOTHING, NOW)
    assert said(verdict) == (Ruling.STOP, Reason.ARM_BEYOND_JOINTS)


def test_another_tool_than_the_configured_one_stops(home, target_by):
    gripper = SafetyGate(arm=Gen3((0.0, 0.0, 0.12)))
    verdict = gripper.check(home, target_by(home), NOTHING, NOW)
    assert said(verdict) == (Ruling.STOP, Reason.TOOL_MISMATCH)


def test_the_first_target_is_where_the_arm_is(gate, home, target_by):
    near, far = (0.0, 0.0199, 0.0), (0.0, 0.0201, 0.0)
    assert gate.check(home, target_by(home, near), NOTHING, NOW).target is not None
    verdict = gate.check(home, target_by(home, far), NOTHING, NOW)
    assert said(verdict) == (Ruling.STOP, Reason.FAR_START)
    for angle, ruling in ((4.9, Ruling.CLAMP), (5.1, Ruling.STOP)):
        quat = multiply(from_vector((0.0, radians(angle), 0.0)), home.quat)
        verdict = gate.check(home, target_by(home, quat=quat), NOTHING, NOW)
        assert verdict.ruling == ruling


def test_speed_turn_and_acceleration_of_what_is_sent(gate, home, target_by):
    quat = multiply(from_vector((0.0, 0.0, 1.0)), home.quat)
    target = target_by(home, (0.1, 0.0, 0.0), quat=quat)
    last = Sent(NOW - 0.05, home.pos, home.quat, (0.0, 0.0, 0.0))
    verdict = gate.check(home, target, NOTHING, NOW, last)
    assert dist(verdict.target.pos, home.pos) == pytest.approx(0.4 * 0.05**2)
    turned = angle_between(verdict.target.quat, home.quat)
    assert turned == pytest.approx(radians(20) * 0.05)
    last = last._replace(velocity=(0.1, 0.0, 0.0))
    verdict = gate.check(home, target, NOTHING, NOW, last)
    assert dist(verdict.target.pos, home.pos) == pytest.approx(0.1 * 0.05)


def test_after_a_long_pause_it_does_not_catch_up(gate, home, target_by):
    target = target_by(home, (0.1, 0.0, 0.0))
    last = Sent(NOW - 30.0, home.pos, home.quat, (0.1, 0.0, 0.0))
    verdict = gate.check(home, target, NOTHING, NOW, last)
    assert dist(verdict.target.pos, home.pos) == pytest.approx(0.4 * 0.05**2)
    verdict = gate.check(home, target, NOTHING, NOW, last._replace(t=NOW))
    assert said(verdict) == (Ruling.HOLD, Reason.NO_TIME_PASSED)


def test_targets_stay_near_the_tool(gate, home, target_by):
    x, y, z = home.pos
    target = target_by(home, (0.1, 0.0, 0.0))
    for ahead, ruling in ((0.0199, Ruling.CLAMP), (0.0201, Ruling.HOLD)):
        last = Sent(NOW - 0.05, (x + ahead, y, z), home.quat, (0.0, 0.0, 0.0))
        verdict = gate.check(home, target, NOTHING, NOW, last)
        assert verdict.ruling == ruling
    assert verdict.reason == Reason.LEAD


def test_nan_of_our_own_is_never_sent(gate, home, target_by):
    target = target_by(home, (0.01, 0.0, 0.0))
    for name, value in (("pos", (nan, 0.4, 0.4)), ("velocity", (nan, 0.0, 0.0))):
        last = Sent(NOW - 0.05, home.pos, home.quat, (0.0, 0.0, 0.0))
        last = last._replace(**{name: value})
        assert gate.check(home, target, NOTHING, NOW, last).target is None

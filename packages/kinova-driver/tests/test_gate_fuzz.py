"""No verdict on anything lets through what an oracle of its own finds unsafe.

More of it: ONEHOP_CASES=100000 pytest packages/kinova-driver/tests/test_gate_fuzz.py
"""

import os
from math import inf, nan

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onehop_kinova_driver import (
    HOME,
    ArmState,
    Box,
    PoseTarget,
    Reason,
    Ruling,
    SafetyGate,
    Scene,
    Sent,
    Sphere,
    Verdict,
)

from .oracle import ARM, unsafe

CASES = int(os.environ.get("ONEHOP_CASES", "4000"))
GATE = SafetyGate()
ODD = [nan, inf, -inf, 0.0, -0.0, 5e-324, 2.2e-308, 1e308, -1e300, 1e6, 1.0, None, "x"]
NOW = 1_000.0
TUCKED = (0.96, 1.94, -2.11, 2.23, -2.96, -1.86, -1.64)
"""A posture with the tool 7 mm from the shoulder."""


def situation(rng):
    """A plausible one: every limit is near, now and then."""
    near = rng.choice([HOME, TUCKED], p=[0.8, 0.2])
    q = near + rng.normal(size=7) * rng.choice([0.0, 0.1, 0.4, 1.0])
    pos, quat = ARM.pose(q)
    dq = rng.normal(size=7) * rng.choice([0.0, 0.1, 0.5])
    age = rng.choice([0.0, 0.01, 0.09, 0.11, 0.3], p=[0.4, 0.4, 0.1, 0.05, 0.05])
    state = ArmState(NOW - age, 1, tuple(q.tolist()), tuple(dq.tolist()), pos, quat)
    span = rng.choice([0.0, 0.001, 0.015, 0.05, 0.5])
    goal = np.array(pos) + rng.normal(size=3) * span
    turn = np.array(quat) + rng.normal(size=4) * rng.choice([0.0, 0.01, 0.05, 1.0])
    turn /= np.linalg.norm(turn)
    sent = NOW - rng.choice([0.0, 0.04, 0.12, 0.13, 0.3], p=[0.4, 0.4, 0.1, 0.05, 0.05])
    target = PoseTarget(
        tuple(goal.tolist()),
        tuple(turn.tolist()),
        1,
        sent,
        sent,
        sent + rng.choice([0.1, 1.0]),
        0,
    )
    return state, target, scene_near(rng, pos), NOW, last_near(rng, pos, quat)


def scene_near(rng, pos) -> Scene:
    balls = tuple(
        Sphere(tuple((pos + rng.normal(size=3) * 0.3).tolist()), rng.uniform(0.02, 0.1))
        for _ in range(rng.integers(3))
    )
    boxes = tuple(
        Box(
            tuple((pos + rng.normal(size=3) * 0.4).tolist()),
            tuple(rng.uniform(0.02, 0.2, 3).tolist()),
        )
        for _ in range(rng.integers(2))
    )
    return Scene(balls, boxes, rng.choice([0.0, 0.01]))


def last_near(rng, pos, quat):
    if rng.random() < 0.2:
        return None
    at = np.array(pos) + rng.normal(size=3) * rng.choice([0.0, 0.005, 0.02])
    near = np.array(quat) + rng.normal(size=4) * rng.choice([0.0, 0.02])
    near /= np.linalg.norm(near)
    way = rng.normal(size=3)
    way *= rng.choice([0.0, 0.03, 0.1]) / np.linalg.norm(way)
    t = NOW - rng.choice([0.0, 0.02, 0.05, 0.08, 0.2])
    return Sent(t, *(tuple(x.tolist()) for x in (at, near, way)))


def mutated(value, rng):
    """The same with one of its numbers odd, or one of its tuples another length."""
    names = list(value._fields)
    name = names[rng.integers(len(names))]
    old, odd = getattr(value, name), ODD[rng.integers(len(ODD))]
    if not isinstance(old, tuple) or rng.random() < 0.1:
        return value._replace(**{name: odd})
    i = rng.integers(len(old))
    cut = old[:i] if rng.random() < 0.1 else (*old[:i], odd, *old[i + 1 :])
    return value._replace(**{name: cut})


def test_the_oracle_finds_what_is_wrong():
    """It says nothing of what is allowed, and something of each other thing."""
    pos, quat = ARM.pose(HOME)
    state = ArmState(NOW, 1, HOME, (0.0,) * 7, pos, quat)
    target = PoseTarget(pos, quat, 1, NOW, NOW, NOW + 1, 0)
    good = GATE.check(state, target, Scene(), NOW, None)
    assert unsafe(state, Scene(), NOW, None, good) == []
    for change, name in (
        ({"pos": (pos[0] + 0.03, *pos[1:])}, "lead"),
        ({"pos": (0.1, *pos[1:])}, "box"),
        ({"pos": (nan, *pos[1:])}, "finite"),
        ({"quat": (1.0, 0.0, 0.0, 0.0)}, "turn"),
        ({"t_sent": NOW - 0.13}, "target fresh"),
    ):
        bad = good._replace(target=target._replace(**change))
        assert name in unsafe(state, Scene(), NOW, None, bad), name
    near = Scene((Sphere((pos[0], pos[1], pos[2] + 0.1), 0.05),))
    assert "here clear" in unsafe(state, near, NOW, None, good)
    pos, quat = ARM.pose(TUCKED)
    tucked = ArmState(NOW, 1, TUCKED, (0.0,) * 7, pos, quat)
    for by, wrong in ((0.005, False), (-0.005, True)):
        moved = target._replace(pos=(pos[0] + by, *pos[1:]), quat=quat)
        found = unsafe(tucked, Scene(), NOW, None, good._replace(target=moved))
        assert ("itself" in found) == wrong


def test_plausible_situations():
    rng, sent, reasons = np.random.default_rng(CASES), 0, set()
    for case in range(CASES):
        state, target, scene, now, last = situation(rng)
        verdict = GATE.check(state, target, scene, now, last)
        wrong = unsafe(state, scene, now, last, verdict)
        assert not wrong, (case, wrong, state, target, scene, last, verdict)
        sent += verdict.target is not None
        reasons.add(verdict.reason)
    assert sent > CASES / 50  # else nothing was tested
    assert Reason.SELF_NEAR in reasons


def test_odd_numbers_anywhere():
    rng = np.random.default_rng(CASES + 1)
    for case in range(CASES):
        state, target, scene, now, last = situation(rng)
        which = rng.integers(4)
        if which == 0:
            state = mutated(state, rng)
        elif which == 1:
            target = mutated(target, rng)
        elif which == 2 and last is not None:
            last = mutated(last, rng)
        else:
            now = ODD[rng.integers(len(ODD))]
        verdict = GATE.check(state, target, scene, now, last)
        if verdict.ruling <= Ruling.CLAMP:
            wrong = unsafe(state, scene, now, last, verdict)
            assert not wrong, (case, wrong, state, target, scene, last, verdict)


anything = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.text(max_size=3),
    st.tuples(),
    st.lists(st.floats(), max_size=4),
)
number = st.floats(allow_subnormal=True) | anything


def tuples(n):
    return st.tuples(*[number] * n) | anything


states = st.builds(
    ArmState,
    number,
    st.integers(),
    tuples(7),
    tuples(7),
    tuples(3),
    tuples(4),
    tuples(6),
    st.booleans() | anything,
    st.integers() | anything,
)
targets = st.builds(PoseTarget, tuples(3), tuples(4), *[number] * 5)


@settings(
    max_examples=min(1000, CASES // 8),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(states | anything, targets | anything, st.booleans(), number, number)
def test_anything_at_all(state, target, known, now, last):
    """Each of the two beside a good one of the other, and both together."""
    pos, quat = ARM.pose(HOME)
    good = ArmState(NOW, 1, HOME, (0.0,) * 7, pos, quat)
    at = PoseTarget(pos, quat, 1, NOW, NOW, NOW + 1, 0)
    for args in (
        (state, at, Scene(), NOW),
        (good, target, Scene(), NOW),
        (state, target, Scene(), now),
        (good, at, last, NOW),
    ):
        verdict = GATE.check(*args, None)
        assert isinstance(verdict, Verdict)
        if verdict.ruling <= Ruling.CLAMP:
            assert unsafe(args[0], args[2], args[3], None, verdict) == []


@pytest.mark.parametrize("seed", range(3))
def test_same_arguments_same_verdict(seed):
    rng = np.random.default_rng(seed)
    args = [situation(rng) for _ in range(50)]
    first = [GATE.check(*each) for each in args]
    again = [SafetyGate().check(*each) for each in reversed(args)]
    assert first == again[::-1]

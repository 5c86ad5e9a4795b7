"""The approach of a set-point, and the kinematic arm that follows it."""

from math import dist, hypot

import numpy as np
import pytest

from onehop_kinova_driver import (
    HOME,
    ArmError,
    Gen3,
    KinematicArm,
    PoseServo,
    PoseTarget,
    VirtualClock,
)
from onehop_kinova_driver._approach import approached
from onehop_kinova_driver._rotations import angle_between, from_vector, multiply


@pytest.fixture
def clock():
    return VirtualClock(10.0)


@pytest.fixture
def arm(clock):
    arm = KinematicArm(clock)
    arm.connect()
    return arm


def target(pos, quat, t=0.0) -> PoseTarget:
    return PoseTarget(tuple(pos), quat, 1, t, t, t + 1, 0)


def test_approach_keeps_to_its_bounds_and_comes_to_rest():
    rng = np.random.default_rng(0)
    for _ in range(30):
        v, a, dt = rng.uniform(0.05, 0.5), rng.uniform(0.1, 3), rng.uniform(0.01, 0.05)
        p, u = tuple(rng.normal(size=3)), (0.0, 0.0, 0.0)
        goal = tuple(p + rng.normal(size=3) * 0.2)
        for _ in range(2_000):
            before, was = p, u
            p, u = approached(p, u, goal, v, a, dt)
            assert dist(p, before) <= v * dt * (1 + 1e-9)
            assert dist(u, was) <= a * dt * (1 + 1e-9)
        assert dist(p, goal) < 1e-9
        assert hypot(*u) < 1e-9


def test_approach_takes_about_the_time_of_a_trapezoid():
    p, u, t = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0
    while dist(p, (0.5, 0.0, 0.0)) > 1e-4:
        p, u = approached(p, u, (0.5, 0.0, 0.0), 0.1, 0.4, 0.01)
        t += 0.01
    assert t == pytest.approx(0.5 / 0.1 + 0.1 / 0.4, abs=0.1)


def test_commands_count_from_the_next_tick():
    servo = PoseServo(tick=0.025)
    servo.place((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    servo.command((1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    servo.step(0.0125)
    assert servo.pos == (0.0, 0.0, 0.0)
    servo.step(0.0126)
    assert servo.pos[0] > 0


def test_restarting_loses_the_speed():
    speeds = []
    for restart in (False, True):
        servo = PoseServo(speed=0.1, acceleration=0.4, restart=restart)
        servo.place((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
        for k in range(200):
            if k % 4 == 0:
                servo.command((1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
            servo.step(0.0125)
        speeds.append(servo.pos[0] / 2.5)
    assert speeds[0] > 0.09
    assert speeds[1] < 0.02


def test_it_goes_to_a_pose_and_stays(arm, clock):
    state = arm.read_state()
    pos, quat = Gen3().pose(HOME)
    assert state.pos == pos
    goal = (pos[0] + 0.05, pos[1] - 0.03, pos[2] + 0.02)
    turn = multiply(from_vector((0.0, 0.0, 0.1)), quat)
    arm.command_pose(target(goal, turn))
    clock.advance(1.5)
    state = arm.read_state()
    assert state.pos == pytest.approx(goal, abs=1e-4)
    assert angle_between(state.quat, turn) < 1e-3
    clock.advance(60)
    assert arm.read_state().pos == pytest.approx(goal, abs=1e-5)


def test_numbers_and_times_go_on(arm, clock):
    a = arm.read_state()
    clock.advance(0.05)
    b = arm.read_state()
    assert b.seq == a.seq + 1
    assert b.t - a.t == pytest.approx(0.05)


def test_velocities_are_those_of_the_positions(arm, clock):
    pos, quat = Gen3().pose(HOME)
    arm.command_pose(target((pos[0], pos[1] + 0.2, pos[2]), quat))
    clock.advance(0.6)
    a = arm.read_state()
    clock.advance(0.025)
    b = arm.read_state()
    assert (np.array(b.pos) - a.pos) / 0.025 == pytest.approx(
        np.array(b.twist[:3]), abs=0.01
    )
    assert (np.array(b.q) - a.q) / 0.025 == pytest.approx(np.array(b.dq), abs=0.02)


def test_stopped_it_does_not_move_on(arm, clock):
    pos, quat = Gen3().pose(HOME)
    arm.command_pose(target((pos[0] + 0.2, *pos[1:]), quat))
    clock.advance(0.3)
    here = arm.read_state().pos
    assert here[0] > pos[0] + 0.01
    arm.stop("test")
    clock.advance(1.0)
    assert arm.read_state().pos == pytest.approx(here, abs=1e-6)


def test_after_an_emergency_it_has_to_be_cleared(arm):
    pos, quat = Gen3().pose(HOME)
    arm.estop()
    assert arm.read_state().faults
    assert not arm.read_state().ready
    with pytest.raises(ArmError, match="emergency"):
        arm.command_pose(target(pos, quat))
    arm.clear_faults()
    arm.command_pose(target(pos, quat))


def test_closed_it_does_not_answer(arm):
    arm.close()
    with pytest.raises(ArmError, match="not connected"):
        arm.read_state()

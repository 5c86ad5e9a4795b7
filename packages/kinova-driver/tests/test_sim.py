"""The arm in MuJoCo, against the kinematics, its controller's set-point and rest."""

from math import dist

import mujoco
import numpy as np
import pytest

from onehop_kinova_driver import (
    HOME,
    ArmError,
    Body,
    Box,
    Gen3,
    KinematicArm,
    Phase,
    PoseServo,
    SafetyGate,
    Scene,
    ServoLoop,
    Sphere,
    VirtualClock,
)
from onehop_kinova_driver._mujoco_model import gen3_model
from onehop_kinova_driver._rotations import angle_between
from onehop_kinova_driver.sim import MujocoArm

RNG = np.random.default_rng(0)
TOOL = Gen3((0.01, 0.0, 0.12))


@pytest.fixture
def clock():
    return VirtualClock(50.0)


@pytest.fixture
def arm(clock):
    made = MujocoArm(clock)
    made.connect()
    return made


@pytest.mark.parametrize("arm", [Gen3(), TOOL])
def test_kinematics_are_those_of_numpy(arm):
    model = gen3_model(arm, Scene(), 0.002)
    data = mujoco.MjData(model)
    for q in RNG.uniform(-2, 2, (20, 7)):
        data.qpos[:] = q
        mujoco.mj_forward(model, data)
        pos, quat = arm.pose(q)
        assert data.site("tool").xpos == pytest.approx(pos, abs=1e-12)
        seen = np.empty(4)
        mujoco.mju_mat2Quat(seen, data.site("tool").xmat)
        assert angle_between(tuple(seen), quat) < 1e-7
        jacobian = np.empty((6, 7))
        mujoco.mj_jacSite(model, data, jacobian[:3], jacobian[3:], 0)
        assert arm.jacobian(q) == pytest.approx(jacobian, abs=1e-12)


def test_clearance_is_never_more_than_that_of_the_capsules():
    scene = Scene(
        (Sphere((0.5, 0.3, 0.4), 0.1),), (Box((0.4, -0.4, 0.3), (0.1, 0.05, 0.3)),)
    )
    model, body = gen3_model(TOOL, scene, 0.002), Body(TOOL)
    data, obstacles = mujoco.MjData(model), [model.ngeom - 2, model.ngeom - 1]
    world = [g for g in range(model.ngeom) if model.geom_bodyid[g] == 0]
    parts = [g for g in range(model.ngeom) if g not in world]
    assert sorted(obstacles) != parts
    seen = 0
    for q in np.array(HOME) + RNG.uniform(-0.8, 0.8, (60, 7)):
        data.qpos[:] = q
        mujoco.mj_forward(model, data)
        exact = min(
            mujoco.mj_geomDistance(model, data, g, o, 2.0, None)
            for g in parts
            for o in world
        )
        came = body.clearance(TOOL.frames(q), scene)
        if exact > 0:  # inside each other, depths are not comparable
            seen += 1
            assert came <= exact + 1e-6
            assert came >= exact - 0.006
    assert seen > 20


def test_at_rest_it_stays(arm, clock):
    before = arm.read_state()
    for _ in range(20):
        clock.advance(0.5)
        state = arm.read_state()
    assert dist(state.pos, before.pos) < 1e-4
    assert max(map(abs, state.dq)) < 1e-4


def test_it_follows_its_controller_to_a_millimetre(arm, clock, new_policy):
    first = arm.read_state()
    policy = new_policy(clock, first.pos, first.quat, RNG, 1e9, 1e9, None)
    policy.size, policy.rate = np.array([0.05, 0.1, 0.05]), np.array([1.0, 0.8, 1.6])
    errors, fastest = [], 0.0
    loop = ServoLoop(arm, SafetyGate(), policy, Scene, clock)
    loop.connect()
    loop.arm()

    def done() -> bool:
        state = arm.read_state()
        errors.append(dist(state.pos, arm.set_point.pos))
        nonlocal fastest
        fastest = max(fastest, float(np.linalg.norm(state.twist[:3])))
        return clock.now() > 60

    loop.run(done)
    assert loop.phase == Phase.ACTIVE
    assert np.sqrt(np.mean(np.square(errors))) < 1e-3
    assert max(errors) < 2e-3
    assert 0.05 < fastest < 0.15


def test_it_goes_where_the_kinematic_arm_goes(arm, clock, target_by):
    other = KinematicArm(clock)
    other.connect()
    target = target_by(arm.read_state(), (0.1, -0.1, 0.05))
    for each in (arm, other):
        each.command_pose(target)
    for _ in range(20):
        clock.advance(0.1)
        assert dist(arm.read_state().pos, other.read_state().pos) < 0.01
    assert dist(arm.read_state().pos, target.pos) < 1e-3


def test_commands_that_restart_it_are_slower(clock, target_by):
    reached = []
    for restart in (False, True):
        arm = MujocoArm(clock, servo=PoseServo(speed=0.1, restart=restart))
        arm.connect()
        start = arm.read_state()
        for _ in range(20):
            arm.command_pose(target_by(start, (0.15, 0.0, 0.0)))
            clock.advance(0.05)
        reached.append(dist(arm.read_state().pos, start.pos))
    assert reached[1] < 0.8 * reached[0]


def test_stopped_it_comes_to_rest_near(arm, clock, target_by):
    arm.command_pose(target_by(arm.read_state(), (0.2, 0.0, 0.0)))
    clock.advance(0.5)
    here = arm.read_state()
    assert here.twist[0] > 0.1
    arm.stop("test")
    clock.advance(1.0)
    state = arm.read_state()
    assert dist(state.pos, here.pos) < 0.02
    assert max(map(abs, state.dq)) < 1e-2


def test_after_an_emergency_it_has_to_be_cleared(arm, target_by):
    state = arm.read_state()
    arm.estop()
    assert arm.read_state().faults
    with pytest.raises(ArmError, match="emergency"):
        arm.command_pose(target_by(state))
    arm.clear_faults()
    arm.command_pose(target_by(state))
    arm.close()
    with pytest.raises(ArmError, match="not connected"):
        arm.read_state()


def test_same_commands_same_states(target_by):
    ends = []
    for _ in range(2):
        clock = VirtualClock()
        arm = MujocoArm(clock)
        arm.connect()
        arm.command_pose(target_by(arm.read_state(), (0.05, 0.05, 0.0)))
        clock.advance(0.7)
        ends.append(arm.read_state())
    assert ends[0] == ends[1]

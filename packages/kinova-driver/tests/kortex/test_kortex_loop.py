"""The arm of metal behind the loop, and the watchdog of its twist, against stubs."""

import numpy as np
import pytest

from onehop_kinova_driver import (
    ArmError,
    Expected,
    Gen3,
    Phase,
    Reason,
    SafetyGate,
    Scene,
    ServoLoop,
    preflight,
)
from onehop_kinova_driver.kortex import KortexArm, Twist

TOOL = (0.0, 0.0, 0.12)


def twisting(robot, clock) -> KortexArm:
    made = KortexArm(
        "10.0.0.9",
        lambda: ("me", "secret"),
        Twist(clock),
        clock=clock,
        sdk=robot.sdk,
    )
    made.connect()
    return made


def test_a_twist_leads_to_the_target_in_the_frame_of_the_base(robot, clock, target_by):
    arm = twisting(robot, clock)
    state = arm.read_state()
    arm.command_pose(target_by(state, (0.005, 0.0, 0.0)))
    name, (command,), options = robot.calls[-1]
    assert (name, command.reference_frame) == ("SendTwistCommand", 3)
    assert command.twist.linear_x == pytest.approx(0.05)
    assert command.twist.angular_z == pytest.approx(0, abs=1e-6)
    assert options.timeout_ms == 75
    arm.command_pose(target_by(state, (0.0, 0.0, -0.5)))
    assert robot.calls[-1][1][0].twist.linear_z == pytest.approx(-0.1)


def test_a_twist_that_is_not_followed_by_another_is_stopped(robot, clock, target_by):
    arm = twisting(robot, clock)
    target = target_by(arm.read_state(), (0.01, 0.0, 0.0))
    for _ in range(5):
        arm.command_pose(target)
        clock.advance(0.1)
    assert "Stop" not in robot.names()
    clock.advance(0.06)
    assert robot.names().count("Stop") == 1
    with pytest.raises(ArmError, match="watchdog"):
        arm.command_pose(target)
    clock.advance(10)
    assert robot.names()[-1] == "Stop"


def test_held_or_stopped_a_twist_needs_no_watchdog(robot, clock, target_by):
    for end in (lambda arm: arm.hold(), lambda arm: arm.stop("test")):
        arm = twisting(robot, clock)
        arm.command_pose(target_by(arm.read_state(), (0.01, 0.0, 0.0)))
        end(arm)
        n = len(robot.calls)
        clock.advance(5)
        assert len(robot.calls) == n


@pytest.mark.parametrize("motion", ["ExecuteAction", "SendTwistCommand"])
def test_behind_the_loop_nothing_is_sent_after_the_stop(
    robot, clock, new_policy, motion
):
    arm = KortexArm(
        "10.0.0.9",
        lambda: ("me", "secret"),
        Twist(clock) if motion == "SendTwistCommand" else None,
        clock=clock,
        sdk=robot.sdk,
    )
    gate = SafetyGate(arm=Gen3(TOOL))
    loop = ServoLoop(arm, gate, lambda: policy(), Scene, clock)
    loop.connect()
    state = arm.read_state()
    items = preflight(arm.info(), state, gate, Scene(), 100.0, Expected("EN1", "28"))
    assert all(item.holds for item in items), items
    rng = np.random.default_rng(0)
    policy = new_policy(
        clock, state.pos, state.quat, rng, 101.0, 1e9, lambda p, t: None
    )
    policy.size = np.full(3, 0.005)
    loop.arm()
    loop.run()
    assert (loop.phase, loop.reason) == (Phase.STOPPED, Reason.TARGET_STALE)
    clock.advance(5)
    assert robot.names().count(motion) >= 20
    moving = [n for n in robot.names() if n != "RefreshFeedback"]
    assert moving[-1] == "Stop"
    assert moving.count("Stop") == 1


def test_an_arm_that_refuses_is_stopped_after_two(robot, clock, arm, new_policy):
    gate = SafetyGate(arm=Gen3(TOOL))
    loop = ServoLoop(arm, gate, lambda: policy(), Scene, clock)
    arm.close()
    loop.connect()
    state = arm.read_state()
    policy = new_policy(
        clock, state.pos, state.quat, np.random.default_rng(0), 1e9, 1e9, None
    )
    policy.size = np.full(3, 0.005)
    robot.fails["ExecuteAction"] = robot.refusal("movement in progress")
    loop.arm()
    loop.run()
    assert (loop.phase, loop.reason) == (Phase.FAULT, Reason.CALL_FAILED)
    assert robot.names().count("ExecuteAction") == 2
    assert robot.names().count("Stop") == 1

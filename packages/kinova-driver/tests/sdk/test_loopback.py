"""The arm of metal against a server that speaks Kinova's framing.

With the SDK, where it is installed, this is its real client; nobody could run that so
far. With the stand-ins it is the same `KortexArm`, over the same framing.
"""

import time
from math import degrees

import pytest

from onehop_kinova_driver import HOME, ArmError, ArmTimeout, Gen3
from onehop_kinova_driver._rotations import angle_between

from .answers import TOOL
from .loopback import close, fault, mute, ok

CALLS = [
    ("RefreshFeedback", lambda arm, target: arm.read_state()),
    ("ExecuteAction", lambda arm, target: arm.command_pose(target)),
    ("Stop", lambda arm, target: arm.stop("test")),
    ("ApplyEmergencyStop", lambda arm, target: arm.estop()),
    ("ClearFaults", lambda arm, target: arm.clear_faults()),
]


@pytest.fixture
def target(state_at, target_by):
    return target_by(state_at(arm=Gen3(TOOL)), (0.01, -0.02, 0.03))


def test_connecting_opens_a_session_each_way_and_asks_who_it_is(arm_with, server):
    arm = arm_with()
    arm.connect()
    assert arm.info() == ("kortex", "EN1", "280", 7, pytest.approx(TOOL), True)
    assert server.calls()[:2] == [("CreateSession", "tcp"), ("CreateSession", "udp")]
    assert {name for name, _ in server.calls()[2:]} == {
        *("GetSerialNumber", "GetFirmwareVersion", "GetActuatorCount"),
        "GetToolConfiguration",
    }
    opened = server.message("CreateSession")
    assert (opened.username, opened.password) == ("me", "secret")
    assert opened.session_inactivity_timeout == 10_000
    assert opened.connection_inactivity_timeout == 2_000
    arm.close()
    assert [name for name, _ in server.calls()[-2:]] == ["CloseSession"] * 2


def test_the_state_comes_by_the_second_way(arm_with, server):
    arm = arm_with()
    arm.connect()
    state = arm.read_state()
    pos, quat = Gen3(TOOL).pose(HOME)
    assert state.q == pytest.approx([(q + 3.2) % 6.2831853 - 3.2 for q in HOME])
    assert state.pos == pytest.approx(pos, abs=1e-6)
    assert angle_between(state.quat, quat) < 1e-6
    assert state.ready
    assert not state.faults
    assert server.calls()[-1] == ("RefreshFeedback", "udp")
    assert arm.read_state().seq == state.seq + 1


def test_a_target_arrives_as_an_action(arm_with, server, target):
    arm = arm_with()
    arm.connect()
    arm.command_pose(target)
    assert server.calls()[-1] == ("ExecuteAction", "tcp")
    reach = server.message("ExecuteAction").reach_pose
    pose, speed = reach.target_pose, reach.constraint.speed
    assert (pose.x, pose.y, pose.z) == pytest.approx(target.pos, abs=1e-6)
    angles = pose.theta_x, pose.theta_y, pose.theta_z
    assert angles == pytest.approx((90.0, 0.0, 90.0), abs=1e-4)
    assert speed.translation == pytest.approx(0.1)
    assert speed.orientation == pytest.approx(degrees(0.35))


def test_what_stops_and_clears_arrives(arm_with, server, target):
    arm = arm_with()
    arm.connect()
    for name, do in CALLS[2:]:
        do(arm, target)
        assert server.calls()[-1] == (name, "tcp")


@pytest.mark.parametrize(("name", "do"), CALLS)
def test_a_server_that_is_mute_is_waited_for_no_longer(
    arm_with, server, target, name, do
):
    arm = arm_with()
    arm.connect()
    arm.read_state()
    arm._timeout, server.mode, start = 0.2, mute, time.monotonic()
    with pytest.raises(ArmTimeout):
        do(arm, target)
    assert 0.15 < time.monotonic() - start < 4


def test_nor_while_connecting(arm_with, server):
    server.mode, start = mute, time.monotonic()
    with pytest.raises(ArmTimeout):
        arm_with().connect()
    # A second to open the session, one to close it: not the ten of the SDK for each.
    assert 0.9 < time.monotonic() - start < 8


def test_a_fault_is_an_error_with_its_numbers(arm_with, server, target):
    arm = arm_with()
    arm.connect()
    arm.read_state()
    for name, do in CALLS:
        server.mode = fault(3, 18)
        with pytest.raises(ArmError) as caught:
            do(arm, target)
        assert (caught.value.code, caught.value.sub) == (3, 18), name
        assert not isinstance(caught.value, ArmTimeout)
    assert arm.info().serial == "EN1"


@pytest.mark.parametrize(("name", "do"), CALLS)
def test_a_peer_that_hangs_up_is_an_error(arm_with, server, target, name, do):
    arm = arm_with()
    arm.connect()
    arm.read_state()
    arm._timeout, server.mode = 0.2, close
    for _ in range(3):
        with pytest.raises(ArmError):
            do(arm, target)


def test_one_that_hangs_up_at_once_or_is_not_there_is_an_error(arm_with, server):
    server.mode = close
    with pytest.raises(ArmError):
        arm_with().connect()
    server.close()
    with pytest.raises(ArmError, match="connection"):
        arm_with().connect()


def test_a_late_answer_is_not_taken_for_the_next(arm_with, server):
    def late(kit, asked, name):
        time.sleep(0.4)
        return ok(kit, asked, name)

    arm = arm_with()
    arm.connect()
    arm._timeout, server.mode = 0.2, late
    with pytest.raises(ArmTimeout):
        arm.stop("test")
    arm._timeout, server.mode = 5.0, fault(3, 18)
    with pytest.raises(ArmError, match="refused"):
        arm.stop("test")

"""The arm of metal, against stubs of the SDK that record what they are asked."""

from concurrent.futures import TimeoutError as FutureTimeout
from math import degrees, radians

import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import HOME, ArmError, ArmTimeout, Gen3
from onehop_kinova_driver._kortex_sdk import load_sdk
from onehop_kinova_driver._rotations import angle_between, from_euler
from onehop_kinova_driver.kortex import KortexArm, from_environment

TOOL = (0.0, 0.0, 0.12)


def test_the_package_needs_no_sdk(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr("onehop_kinova_driver._kortex_sdk.import_module", missing)
    with pytest.raises(BadInput, match="kortex_api: expected Kinova's wheel"):
        KortexArm("10.0.0.9").connect()


def test_connecting_moves_nothing_and_sets_no_mode(arm, robot):
    assert robot.opened == [10_000, 10_001]
    info = robot.calls[1][1][0]
    assert (info.username, info.password) == ("me", "secret")
    assert info.connection_inactivity_timeout == 2_000
    limits = {options.timeout_ms for name, _, options in robot.calls if options}
    assert limits == {1_000}
    assert sum(options is None for *_, options in robot.calls) == 2  # to connect
    assert arm.info() == ("kortex", "EN1", "280", 7, TOOL, True)
    assert set(robot.names()) == {
        *("connect", "CreateSession", "GetSerialNumber", "GetFirmwareVersion"),
        *("GetActuatorCount", "GetToolConfiguration"),
    }


def test_degrees_are_radians_inside(arm, robot):
    robot.actuators[1].velocity = 90.0
    robot.base.tool_twist_angular_z = -45.0
    state = arm.read_state()
    assert state.q == pytest.approx([(q + 3.2) % 6.2831853 - 3.2 for q in HOME])
    assert state.q[3] == pytest.approx(HOME[3])
    assert state.dq[1] == pytest.approx(radians(90))
    assert state.twist[5] == pytest.approx(-radians(45))
    assert state.quat == from_euler((radians(90), 0.0, radians(90)))
    assert angle_between(state.quat, Gen3(TOOL).pose(HOME)[1]) < 1e-6
    assert state.ready
    assert not state.faults
    assert arm.read_state().seq == state.seq + 1


def test_faults_and_modes_are_told(arm, robot):
    robot.base.active_state = 4
    assert not arm.read_state().ready
    robot.base.fault_bank_b = 2**32 - 1
    assert arm.read_state().faults > 0
    robot.base.fault_bank_b = 0
    robot.actuators[5].fault_bank_a = 1
    assert arm.read_state().faults > 0


def test_a_target_is_a_bounded_action_in_degrees(arm, robot, target_by):
    state = arm.read_state()
    quat = from_euler((0.1, -0.2, 0.3))
    arm.command_pose(target_by(state, (0.01, 0.0, 0.0), quat=quat))
    name, (action,), options = robot.calls[-1]
    assert name == "ExecuteAction"
    pose = action.reach_pose.target_pose
    assert (pose.x, pose.y, pose.z) == pytest.approx(
        (state.pos[0] + 0.01, *state.pos[1:])
    )
    angles = pose.theta_x, pose.theta_y, pose.theta_z
    assert angles == pytest.approx([degrees(a) for a in (0.1, -0.2, 0.3)])
    assert action.reach_pose.constraint.speed.translation == 0.1
    assert options.timeout_ms == 75
    assert not hasattr(action.reach_pose, "__iter__")


def test_every_call_in_motion_has_a_limit(arm, robot, target_by):
    robot.calls.clear()
    state = arm.read_state()
    arm.command_pose(target_by(state))
    arm.hold()
    arm.stop("test")
    arm.estop()
    arm.clear_faults()
    assert robot.names() == [
        *("RefreshFeedback", "ExecuteAction", "Stop", "ApplyEmergencyStop"),
        "ClearFaults",
    ]
    assert {options.timeout_ms for *_, options in robot.calls} == {75}


@pytest.mark.parametrize(
    ("raised", "kind", "code", "sub"),
    [
        (lambda robot: robot.refusal("busy"), ArmError, 3, 18),
        (lambda robot: FutureTimeout(), ArmTimeout, 0, 0),
        (lambda robot: BrokenPipeError("broken"), ArmError, 0, 0),
        (lambda robot: ConnectionResetError("reset"), ArmError, 0, 0),
    ],
)
@pytest.mark.parametrize(
    ("call", "do"),
    [
        ("RefreshFeedback", lambda arm, target: arm.read_state()),
        ("ExecuteAction", lambda arm, target: arm.command_pose(target)),
        ("Stop", lambda arm, target: arm.stop("test")),
        ("ApplyEmergencyStop", lambda arm, target: arm.estop()),
        ("ClearFaults", lambda arm, target: arm.clear_faults()),
    ],
)
def test_what_the_sdk_raises_is_an_error_of_the_arm(
    arm, robot, target_by, raised, kind, code, sub, call, do
):
    target = target_by(arm.read_state())
    robot.fails[call] = raised(robot)
    with pytest.raises(kind) as caught:
        do(arm, target)
    assert (caught.value.code, caught.value.sub) == (code, sub)


def test_a_defect_is_not_taken_for_an_error_of_the_arm(arm, robot):
    robot.fails["Stop"] = KeyError("a bug")
    with pytest.raises(KeyError):
        arm.stop("test")


@pytest.mark.parametrize("call", ["connect", "CreateSession", "GetToolConfiguration"])
def test_what_fails_while_connecting_leaves_nothing_open(robot, call):
    robot.fails[call] = OSError("no route")
    arm = KortexArm("10.0.0.9", lambda: ("me", "secret"), sdk=robot.sdk)
    with pytest.raises(ArmError, match="no route"):
        arm.connect()
    assert len(robot.closed) == (0 if call == "connect" else 2 * len(robot.opened))


def test_closing_closes_both_whatever_fails(arm, robot):
    arm.close()
    assert robot.closed == ["session", "transport"] * 2
    arm.close()
    assert len(robot.closed) == 4


def test_the_password_is_the_environments_and_is_not_shown(monkeypatch, robot):
    monkeypatch.delenv("ONEHOP_KINOVA_PASSWORD", raising=False)
    with pytest.raises(BadInput, match="ONEHOP_KINOVA_PASSWORD"):
        from_environment()
    monkeypatch.setenv("ONEHOP_KINOVA_USER", "me")
    monkeypatch.setenv("ONEHOP_KINOVA_PASSWORD", "hush-hush")
    arm = KortexArm("10.0.0.9", sdk=robot.sdk)
    robot.fails["CreateSession"] = robot.refusal("refused")
    with pytest.raises(ArmError) as caught:
        arm.connect()
    assert "hush" not in f"{caught.value}{arm!r}{vars(arm)}"


def test_an_sdk_that_cannot_be_imported_says_what_is_missing(monkeypatch):
    def broken(name):
        raise TypeError("Descriptors cannot be created directly.\n\nIf this")

    monkeypatch.setattr("onehop_kinova_driver._kortex_sdk.import_module", broken)
    with pytest.raises(BadInput, match=r"protobuf 3\.20.*Descriptors cannot"):
        load_sdk()

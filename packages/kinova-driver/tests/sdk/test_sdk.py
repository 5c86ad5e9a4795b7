"""Where Kinova's SDK is installed: it has what is used of it.

Nobody here could run this so far.
"""

import importlib.util

import pytest

from onehop_kinova_driver import kortex

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("kortex_api") is None,
    reason="needs Kinova's kortex_api, which is on no package index",
)


@pytest.fixture
def sdk():
    return kortex.load_sdk()


def test_messages_have_the_fields_that_are_written(sdk):
    action = sdk.messages.Action()
    action.name, action.application_data = "onehop", ""
    action.reach_pose.target_pose.theta_z = 1.0
    action.reach_pose.constraint.speed.translation = 0.1
    action.reach_pose.constraint.speed.orientation = 1.0
    command = sdk.messages.TwistCommand()
    command.reference_frame = sdk.messages.CARTESIAN_REFERENCE_FRAME_BASE
    command.twist.angular_x = 1.0
    info = sdk.session_info()
    info.session_inactivity_timeout = info.connection_inactivity_timeout = 1
    sdk.options().timeout_ms = 75
    assert len(sdk.obeying) == 3


def test_so_have_zones(sdk):
    zone = sdk.messages.ProtectionZone()
    zone.name, zone.is_enabled = "onehop-1", True
    zone.shape.shape_type = sdk.messages.SPHERE
    zone.shape.origin.x = zone.shape.orientation.row3.column3 = 1.0
    zone.shape.dimensions.extend([0.1])
    assert sdk.messages.RECTANGULAR_PRISM != sdk.messages.SPHERE
    assert list(sdk.messages.ProtectionZoneList().protection_zones) == []


def test_clients_have_the_calls_that_are_made(sdk):
    for client, names in (
        (sdk.base, "ExecuteAction SendTwistCommand Stop ApplyEmergencyStop"),
        (sdk.base, "ClearFaults GetActuatorCount ReadAllProtectionZones"),
        (sdk.base, "CreateProtectionZone DeleteProtectionZone"),
        (sdk.cyclic, "RefreshFeedback"),
        (sdk.device, "GetSerialNumber GetFirmwareVersion"),
        (sdk.control, "GetToolConfiguration"),
    ):
        for name in names.split():
            assert hasattr(client, name), name

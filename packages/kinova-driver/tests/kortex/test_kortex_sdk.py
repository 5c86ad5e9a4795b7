"""Where Kinova's SDK is installed: it has what is used of it, and errors are errors.

Nothing here has been run against an arm. A server on this machine takes the connection
and says nothing, or hangs up.
"""

import importlib.util
import socket
import threading
import time

import pytest

from onehop_kinova_driver import ArmError
from onehop_kinova_driver import kortex as ours

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("kortex_api") is None,
    reason="needs Kinova's kortex_api, which is on no package index",
)


@pytest.fixture
def sdk():
    return ours.load_sdk()


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


def test_clients_have_the_calls_that_are_made(sdk):
    for client, names in (
        (sdk.base, "ExecuteAction SendTwistCommand Stop ApplyEmergencyStop"),
        (sdk.base, "ClearFaults GetActuatorCount"),
        (sdk.cyclic, "RefreshFeedback"),
        (sdk.device, "GetSerialNumber GetFirmwareVersion"),
        (sdk.control, "GetToolConfiguration"),
    ):
        for name in names.split():
            assert hasattr(client, name), name


@pytest.mark.parametrize("hangs_up", [False, True])
def test_a_server_that_does_not_answer_is_an_error(monkeypatch, hangs_up):
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    monkeypatch.setattr(ours, "TCP_PORT", port)
    taken = []

    def serve() -> None:
        taken.append(server.accept()[0])
        if hangs_up:
            taken[0].close()

    threading.Thread(target=serve, daemon=True).start()
    arm = ours.KortexArm("127.0.0.1", lambda: ("me", "secret"))
    start = time.monotonic()
    with pytest.raises(ArmError):
        arm.connect()
    assert time.monotonic() - start < 30
    server.close()

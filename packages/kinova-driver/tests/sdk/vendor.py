"""A kit of Kinova's SDK, made of its own modules when asked for: nothing is copied.

Nobody here has an SDK: that what is named here exists is known from public sources.
"""

from importlib import import_module

from onehop_kinova_driver._kortex_sdk import load_sdk

from .answers import ANSWERS
from .loopback import Kit

SERVICES = "Session", "Base", "BaseCyclic", "DeviceConfig", "ControlConfig"
REPLIES = {
    "RefreshFeedback": ("BaseCyclic", "Feedback"),
    "GetSerialNumber": ("DeviceConfig", "SerialNumber"),
    "GetFirmwareVersion": ("DeviceConfig", "FirmwareVersion"),
    "GetActuatorCount": ("Base", "ActuatorInformation"),
    "GetToolConfiguration": ("ControlConfig", "ToolConfiguration"),
}
REQUESTS = {
    "CreateSession": ("Session", "CreateSessionInfo"),
    "ExecuteAction": ("Base", "Action"),
    "SendTwistCommand": ("Base", "TwistCommand"),
}


def message(module: str, name: str):
    """An empty message."""
    return getattr(import_module(f"kortex_api.autogen.messages.{module}_pb2"), name)()


def names() -> dict[int, str]:
    """Of the calls, by service and function, 12 + 16 bits."""
    found = {}
    for service in SERVICES:
        stubs = import_module(f"kortex_api.autogen.client_stubs.{service}ClientRpc")
        for call in getattr(stubs, f"{service}FunctionUid"):
            found[call.value & 0x0FFFFFFF] = call.name.removeprefix("uid")
    return found


def answer(name: str) -> bytes:
    """What is answered to a call."""
    if name not in REPLIES:
        return b""
    made = message(*REPLIES[name])
    ANSWERS[name](made)
    if name == "RefreshFeedback":
        made.base.active_state = min(load_sdk().obeying)
    return made.SerializeToString()


def refusal(code: int, detail: int) -> bytes:
    """What goes with an error."""
    made = message("Frame", "Error")
    made.error_code, made.error_sub_code = code, detail
    made.error_sub_string = "refused"
    return made.SerializeToString()


def read(name: str, payload: bytes):
    """The message of a call."""
    made = message(*REQUESTS[name])
    made.ParseFromString(payload)
    return made


def kit() -> Kit:
    """All of it."""
    sdk = load_sdk()
    return Kit(
        lambda: sdk, lambda: message("Frame", "Frame"), names(), answer, refusal, read
    )

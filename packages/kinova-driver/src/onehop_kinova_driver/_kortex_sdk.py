"""What `KortexArm` uses of Kinova's SDK, in one place, and imported only when called.

The SDK (`kortex_api`) is a wheel of Kinova's own, on no package index; it goes with
protobuf 3.20, or with newer ones if PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION is "python".
Tests hand in stubs of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from onehop_interfaces import BadInput

__all__ = ["Sdk", "load_sdk"]

OBEYING = (
    "ARMSTATE_SERVOING_READY",
    "ARMSTATE_SERVOING_MANUALLY_CONTROLLED",
    "ARMSTATE_SERVOING_PLAYING_SEQUENCE",
)
"""States in which the arm takes targets; the last two while it moves."""


class Sdk(NamedTuple):
    """Its classes and messages.

    Attributes:
        tcp: Makes a transport for commands.
        udp: Makes one for feedback.
        router: Makes a client of a transport, given what to call on errors.
        options: Makes options of a call, which have `timeout_ms`.
        session: Makes the manager of a router's session.
        session_info: Makes the message that opens one.
        base: Makes the client that moves the arm.
        cyclic: Makes the one that says its state.
        device: Makes the one that says who it is.
        control: Makes the one that says its tool.
        messages: The module of the base's messages.
        obeying: Numbers of the states in which it takes targets.
        errors: What calls raise, beside OSError and TimeoutError.
    """

    tcp: Callable[[], Any]
    udp: Callable[[], Any]
    router: Callable[[Any, Any], Any]
    options: Callable[[], Any]
    session: Callable[[Any], Any]
    session_info: Callable[[], Any]
    base: Callable[[Any], Any]
    cyclic: Callable[[Any], Any]
    device: Callable[[Any], Any]
    control: Callable[[Any], Any]
    messages: Any
    obeying: frozenset[int]
    errors: tuple[type[Exception], ...]


def load_sdk() -> Sdk:
    """The SDK that is installed.

    Raises:
        BadInput: if there is none, or it cannot be imported beside this protobuf.
    """
    try:
        return _load()
    except (ImportError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise BadInput(
            "kortex_api: expected Kinova's wheel with protobuf 3.20, or "
            f"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python; got {reason:.200}"
        ) from None


def _load() -> Sdk:
    routers = import_module("kortex_api.RouterClient")
    messages = import_module("kortex_api.autogen.messages.Base_pb2")
    common = import_module("kortex_api.autogen.messages.Common_pb2")
    session = import_module("kortex_api.autogen.messages.Session_pb2")
    states = (getattr(messages, n, getattr(common, n, None)) for n in OBEYING)
    return Sdk(
        tcp=_named("TCPTransport"),
        udp=_named("UDPTransport"),
        router=routers.RouterClient,
        options=routers.RouterClientSendOptions,
        session=_named("SessionManager"),
        session_info=session.CreateSessionInfo,
        base=_client("Base"),
        cyclic=_client("BaseCyclic"),
        device=_client("DeviceConfig"),
        control=_client("ControlConfig"),
        messages=messages,
        obeying=frozenset(state for state in states if state is not None),
        errors=(
            import_module("kortex_api.Exceptions.KServerException").KServerException,
            import_module("kortex_api.Exceptions.KClientException").KClientException,
        ),
    )


def _named(name: str) -> Any:
    return getattr(import_module(f"kortex_api.{name}"), name)


def _client(name: str) -> Any:
    module = import_module(f"kortex_api.autogen.client_stubs.{name}ClientRpc")
    return getattr(module, f"{name}Client")

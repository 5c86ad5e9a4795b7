"""The arm of metal, by Kinova's SDK.

Commands go over a session of TCP, feedback over one of UDP: a command takes the arm
about 25 ms, and two of them would fill a period of 20 Hz. Every call has a time limit;
one that fails is an error at once, nothing is tried again, nothing reconnects.

A pose is sent as the action `reach_pose`, which is bounded: the arm goes there and
stops, whatever becomes of us. `Twist` is smoother, and latched: the arm goes on at a
velocity until told otherwise. It is sent only behind a watchdog of its own, which stops
the arm when commands do not come.

None of this has been near an arm; what only an arm can tell is listed in the README.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from onehop_interfaces import BadInput

from ._arm import ArmError, ArmInterface, ArmTimeout
from ._clock import Clock, MonotonicClock
from ._kortex_motion import KortexMotion as KortexMotion
from ._kortex_motion import ReachPose as ReachPose
from ._kortex_motion import Twist as Twist
from ._kortex_sdk import Sdk, load_sdk
from ._kortex_units import state_of
from ._kortex_zones import protect
from ._scene import Scene
from ._values import ArmInfo, ArmState, PoseTarget

__all__ = ["KortexArm", "KortexMotion", "ReachPose", "Twist", "from_environment"]

T = TypeVar("T")

TCP_PORT, UDP_PORT = 10_000, 10_001
SESSION_MS, CONNECTION_MS = 10_000, 2_000
"""After so long without a word the arm gives up a session, a connection."""
CONNECT_MS = 1_000
"""What a call may take before anything moves."""
USER, PASSWORD = "ONEHOP_KINOVA_USER", "ONEHOP_KINOVA_PASSWORD"


def from_environment() -> tuple[str, str]:
    """User and password, of the environment: never of a command line or a log.

    Raises:
        BadInput: if they are not there.
    """
    found = os.environ.get(USER), os.environ.get(PASSWORD)
    if found[0] is None or found[1] is None:
        raise BadInput(f"{USER}, {PASSWORD}: expected both in the environment")
    return found[0], found[1]


class KortexArm(ArmInterface):
    """A Gen3 at an address.

    Args:
        address: Of the arm, e.g. "192.168.1.10".
        credentials: Says user and password, when they are needed.
        motion: How targets are sent.
        timeout: Of a call [s].
        clock: The time.
        sdk: Loads the SDK.
    """

    def __init__(
        self,
        address: str,
        credentials: Callable[[], tuple[str, str]] = from_environment,
        motion: KortexMotion | None = None,
        timeout: float = 0.075,
        clock: Clock | None = None,
        sdk: Callable[[], Sdk] = load_sdk,
    ) -> None:
        self._address, self._credentials = address, credentials
        self._motion = motion or ReachPose()
        self._timeout, self._clock = timeout, clock or MonotonicClock()
        self._load = sdk
        self._sdk: Sdk | None = None
        self._open: list[tuple[Any, Any]] = []
        self._seq = 0
        self._known: ArmState | None = None

    def connect(self) -> None:
        """Open both sessions and ask who it is; nothing moves and no mode is set.

        Raises:
            BadInput: if there is no SDK.
            ArmError: if the arm does not answer.
        """
        self._sdk = sdk = self._load()
        try:
            commands = self._session(sdk, sdk.tcp, TCP_PORT)
            feedback = self._session(sdk, sdk.udp, UDP_PORT)
            self._base, self._cyclic = sdk.base(commands), sdk.cyclic(feedback)
            self._info = self._ask(sdk, commands)
        except Exception:
            self.close()
            raise

    def info(self) -> ArmInfo:
        """Who it is, as it said when it was connected."""
        return self._info

    def read_state(self) -> ArmState:
        """Its state, asked for now.

        Raises:
            ArmError: if it does not answer in time.
        """
        sdk, asked = self._connected(), self._clock.now()
        options = self._options(self._timeout * 1e3)
        feedback = self._guard(lambda: self._cyclic.RefreshFeedback(options=options))
        self._seq += 1
        self._known = state_of(feedback, asked, self._seq, sdk.obeying)
        return self._known

    def command_pose(self, target: PoseTarget) -> None:
        """Send a target, as `motion` does.

        Raises:
            ArmError: if it is refused or not answered in time.
        """
        state = self._known or self.read_state()
        self._motion.send(self._call, self._connected(), target, state)

    def hold(self) -> None:
        """Come to rest, as `motion` does.

        Raises:
            ArmError: if that is refused or not answered in time.
        """
        self._motion.hold(self._call, self._connected())

    def stop(self, reason: str) -> None:
        """Stop.

        Raises:
            ArmError: if that is refused or not answered in time.
        """
        try:
            self._call("Stop")
        finally:
            self._motion.rest()

    def estop(self) -> None:
        """The arm's emergency stop: it has to be cleared after that.

        Raises:
            ArmError: if that is refused or not answered in time.
        """
        self._call("ApplyEmergencyStop")

    def clear_faults(self) -> None:
        """Clear its faults.

        Raises:
            ArmError: if that is refused or not answered in time.
        """
        self._call("ClearFaults")

    def protect(self, scene: Scene) -> None:
        """Make the obstacles of a scene protection zones of the arm; for the operator.

        They stay there until others, or `Scene()`, are given. Nothing calls this by
        itself, and the gate looks at obstacles all the same.

        Raises:
            ArmError: if the arm does not take them all; then it has those of before, or
                more.
        """

        def call(name: str, *messages: Any) -> Any:
            return self._call(name, *messages, within=CONNECT_MS)

        protect(call, self._connected(), scene)

    def close(self) -> None:
        """Close both sessions; what fails in that is passed over."""
        self._motion.rest()
        while self._open:
            session, transport = self._open.pop()
            with suppress(Exception):
                session.CloseSession(self._options(CONNECT_MS))
            with suppress(Exception):
                transport.disconnect()

    def _session(self, sdk: Sdk, transport: Callable[[], Any], port: int) -> Any:
        """A router with an open session."""
        made = transport()
        router = sdk.router(made, lambda error: None)
        self._guard(lambda: made.connect(self._address, port))
        session = sdk.session(router)
        self._open.append((session, made))
        info = sdk.session_info()
        info.username, info.password = self._credentials()
        info.session_inactivity_timeout = SESSION_MS
        info.connection_inactivity_timeout = CONNECTION_MS
        options = self._options(CONNECT_MS)
        self._guard(lambda: session.CreateSession(info, options=options))
        return router

    def _ask(self, sdk: Sdk, router: Any) -> ArmInfo:
        device, control = sdk.device(router), sdk.control(router)
        options = self._options(CONNECT_MS)
        serial = self._guard(lambda: device.GetSerialNumber(options=options))
        firmware = self._guard(lambda: device.GetFirmwareVersion(options=options))
        joints = self._guard(lambda: self._base.GetActuatorCount(options=options))
        tool = self._guard(lambda: control.GetToolConfiguration(options=options))
        where = tool.tool_transform
        return ArmInfo(
            "kortex",
            str(serial.serial_number),
            f"{int(firmware.firmware_version):x}",
            int(joints.count),
            (float(where.x), float(where.y), float(where.z)),
            real=True,
        )

    def _call(self, name: str, *messages: Any, within: float | None = None) -> Any:
        self._connected()
        method = getattr(self._base, name)
        options = self._options(within or self._timeout * 1e3)
        return self._guard(lambda: method(*messages, options=options))

    def _options(self, milliseconds: float) -> Any:
        made = self._connected().options()
        made.timeout_ms = round(milliseconds)
        return made

    def _guard(self, do: Callable[[], T]) -> T:
        """What a call returns; what it raises as an `ArmError`."""
        try:
            return do()
        except TimeoutError as error:
            raise ArmTimeout(f"no answer in time {error}".strip()) from error
        except OSError as error:
            raise ArmError(f"connection: {error}") from error
        except self._connected().errors as error:
            codes = [_number(error, f"get_error_{k}code") for k in ("", "sub_")]
            raise ArmError(" ".join(str(error).split()), *codes) from error

    def _connected(self) -> Sdk:
        if self._sdk is None:
            raise ArmError("not connected")
        return self._sdk


def _number(error: Exception, name: str) -> int:
    """What a method of an error says; 0 if it has none."""
    with suppress(Exception):
        return int(getattr(error, name)())
    return 0

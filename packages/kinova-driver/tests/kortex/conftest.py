"""Stubs of the SDK that record what they are asked."""

from math import degrees
from types import SimpleNamespace

import pytest

from onehop_kinova_driver import HOME, Gen3, VirtualClock
from onehop_kinova_driver._kortex_sdk import Sdk
from onehop_kinova_driver.kortex import KortexArm

TOOL = (0.0, 0.0, 0.12)


class Message:
    """Has whatever is asked of it, as those of protobuf have their fields."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = Message()
        setattr(self, name, made)
        return made


def new_zone() -> SimpleNamespace:
    """As the SDK's message, with a list where it has numbers repeated."""
    shape = SimpleNamespace(dimensions=[], origin=Message(), orientation=Message())
    return SimpleNamespace(name="", is_enabled=False, shape=shape, handle=None)


class ServerError(Exception):
    """As the SDK's."""

    def get_error_code(self) -> int:
        return 3

    def get_error_sub_code(self) -> int:
        return 18


class Robot:
    """What stands behind the stubs: at rest at home; its calls and their options."""

    def __init__(self) -> None:
        self.calls, self.opened, self.closed, self.fails = [], [], [], {}
        self.zones, self.handles = [], iter(range(1, 1_000))
        pos, _ = Gen3(TOOL).pose(HOME)
        base = dict.fromkeys((f"tool_twist_linear_{a}" for a in "xyz"), 0.0)
        base |= dict.fromkeys((f"tool_twist_angular_{a}" for a in "xyz"), 0.0)
        base |= {f"tool_pose_{a}": p for a, p in zip("xyz", pos, strict=True)}
        base |= {"tool_pose_theta_x": 90.0, "tool_pose_theta_y": 0.0}
        base |= {"tool_pose_theta_z": 90.0, "fault_bank_a": 0, "fault_bank_b": 0}
        self.base = SimpleNamespace(**base, active_state=7)
        self.actuators = [
            SimpleNamespace(
                position=degrees(q) % 360, velocity=0.0, fault_bank_a=0, fault_bank_b=0
            )
            for q in HOME
        ]

    def call(self, name, *messages, options=None):
        self.calls.append((name, messages, options))
        if name in self.fails:
            raise self.fails[name]
        if name == "CreateProtectionZone":
            (zone,) = messages
            zone.handle = next(self.handles)
            self.zones.append(zone)
            return zone.handle
        if name == "DeleteProtectionZone":
            self.zones = [zone for zone in self.zones if zone.handle != messages[0]]
        return {
            "ReadAllProtectionZones": SimpleNamespace(protection_zones=self.zones),
            "RefreshFeedback": self,
            "GetSerialNumber": SimpleNamespace(serial_number="EN1"),
            "GetFirmwareVersion": SimpleNamespace(firmware_version=0x280),
            "GetActuatorCount": SimpleNamespace(count=7),
            "GetToolConfiguration": SimpleNamespace(
                tool_transform=SimpleNamespace(x=0.0, y=0.0, z=TOOL[2])
            ),
        }.get(name)

    def refusal(self, text) -> Exception:
        return ServerError(text)

    def names(self) -> list[str]:
        return [name for name, *_ in self.calls]

    def client(self, router):
        robot = self

        class Client:
            def __getattr__(self, name):
                return lambda *messages, **more: robot.call(name, *messages, **more)

        return Client()

    def transport(self):
        return SimpleNamespace(
            connect=lambda ip, port: self.call("connect") or self.opened.append(port),
            disconnect=lambda: self.closed.append("transport"),
        )

    def session(self, router):
        return SimpleNamespace(
            CreateSession=lambda info, options: self.call(
                "CreateSession", info, options=options
            ),
            CloseSession=lambda options: self.closed.append("session"),
        )

    def sdk(self) -> Sdk:
        messages = SimpleNamespace(
            Action=Message,
            TwistCommand=Message,
            CARTESIAN_REFERENCE_FRAME_BASE=3,
            ProtectionZone=new_zone,
            SPHERE=2,
            RECTANGULAR_PRISM=3,
        )
        return Sdk(
            *(self.transport, self.transport, lambda t, e: t, SimpleNamespace),
            *(self.session, Message, self.client, self.client, self.client),
            *(self.client, messages, frozenset({7}), (ServerError,)),
        )


@pytest.fixture
def robot():
    return Robot()


@pytest.fixture
def clock():
    return VirtualClock(100.0)


@pytest.fixture
def arm(robot, clock):
    made = KortexArm("10.0.0.9", lambda: ("me", "secret"), clock=clock, sdk=robot.sdk)
    made.connect()
    return made

"""What has to hold before an arm may be moved, item by item."""

from __future__ import annotations

from math import dist
from typing import NamedTuple

from onehop_interfaces import BadInput

from ._admission import admit_state
from ._gate import SafetyGate
from ._scene import Scene
from ._values import ArmInfo, ArmState
from ._verdict import Reason

__all__ = ["Expected", "Item", "preflight", "require"]


class Expected(NamedTuple):
    """Which arm it is to be.

    Attributes:
        serial: Its number; an arm of metal has to be named.
        firmware: The beginning of its version; any if it is empty.
    """

    serial: str = ""
    firmware: str = ""


class Item(NamedTuple):
    """One thing that was looked at.

    Attributes:
        name: What.
        holds: Whether it is as it should be.
        expected: How it should be.
        got: How it is.
    """

    name: str
    holds: bool
    expected: str
    got: str


def preflight(
    info: ArmInfo,
    state: ArmState,
    gate: SafetyGate,
    scene: Scene,
    now: float,
    expected: Expected,
) -> list[Item]:
    """All that is looked at, whether it holds or not.

    Args:
        info: Who the arm is.
        state: Its latest state.
        gate: What will check its targets.
        scene: What is in the way.
        now: The time [s].
        expected: Which arm it is to be.
    """
    refused = admit_state(state, now, gate.limits)
    admitted = Reason.NONE if refused is None else refused.reason
    stands = gate.watch(state, scene, now) if refused is None else refused
    stands_for = Reason.NONE if stands is None else stands.reason
    tool = dist(info.tool, gate.arm.tool)
    named = not info.real or (info.serial == expected.serial != "")
    firmware = info.firmware.startswith(expected.firmware)
    return [
        Item("joints", info.dof == 7, "7", str(info.dof)),
        Item("serial", named, expected.serial or "one that is named", info.serial),
        Item("firmware", firmware, expected.firmware or "any", info.firmware),
        Item("tool", tool < 1e-3, f"{gate.arm.tool} m", f"{info.tool} m"),
        Item("state", refused is None, "ready, no fault, in the box", admitted.name),
        Item("stand", stands is None, "clear of all, as configured", stands_for.name),
    ]


def require(items: list[Item]) -> None:
    """Refuse to go on if an item does not hold.

    Raises:
        BadInput: naming each that does not.
    """
    wrong = [
        f"{i.name}: expected {i.expected}, got {i.got}" for i in items if not i.holds
    ]
    if wrong:
        raise BadInput("; ".join(wrong))

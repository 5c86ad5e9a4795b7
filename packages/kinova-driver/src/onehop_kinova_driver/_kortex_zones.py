"""Obstacles as protection zones of the arm itself, as far as it heeds them.

A zone is a ball or a box that the arm does not enter. Kinova says of its software that
Cartesian actions and twists heed zones, and that movements of joints do not. Whether
they hold for the whole arm or for its tool alone, only an arm can tell: the gate looks
at obstacles whatever zones there are.

Zones stay on an arm. Those of ours have names that begin with `PREFIX`, and no others
are touched. The new ones are there before the old ones go.

References:
    | kortex_driver/protos/Base.proto (Kinova inc., BSD-3-Clause)
    | https://github.com/Kinovarobotics/ros_kortex
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from ._arm import ArmError
from ._kortex_motion import Call
from ._kortex_sdk import Sdk
from ._rotations import Vec3
from ._scene import Scene

__all__ = ["PREFIX", "protect"]

PREFIX = "onehop-"
"""How the names of our zones begin."""


def protect(call: Call, sdk: Sdk, scene: Scene) -> None:
    """Make the obstacles of a scene, with its margin, the zones of ours on the arm.

    Raises:
        ArmError: if the arm does not take them all; then it has those of before, or
            more.
    """
    zones = call("ReadAllProtectionZones").protection_zones
    old = [zone for zone in zones if zone.name.startswith(PREFIX)]
    made: list[Any] = []
    try:
        for number, zone in enumerate(_zones(sdk, scene), _first(old)):
            zone.name = f"{PREFIX}{number}"
            made.append(call("CreateProtectionZone", zone))
    except ArmError:
        for handle in made:
            with suppress(ArmError):
                call("DeleteProtectionZone", handle)
        raise
    for zone in old:
        call("DeleteProtectionZone", zone.handle)


def _first(old: Sequence[Any]) -> int:
    """A number from which on no name is in use."""
    ends = [zone.name.removeprefix(PREFIX) for zone in old]
    return 1 + max((int(end) for end in ends if end.isdecimal()), default=0)


def _zones(sdk: Sdk, scene: Scene) -> Iterator[Any]:
    """A zone for each obstacle, without a name."""
    prism, more = sdk.messages.RECTANGULAR_PRISM, scene.margin
    for ball in scene.spheres:
        size = (ball.radius + more,)
        yield _zone(sdk, sdk.messages.SPHERE, ball.centre, size)
    for box in scene.boxes:
        yield _zone(sdk, prism, box.centre, [2 * (half + more) for half in box.half])


def _zone(sdk: Sdk, kind: int, centre: Vec3, size: Sequence[float]) -> Any:
    zone = sdk.messages.ProtectionZone()
    zone.is_enabled = True
    shape = zone.shape
    shape.shape_type = kind
    shape.origin.x, shape.origin.y, shape.origin.z = centre
    rows = shape.orientation
    rows.row1.column1 = rows.row2.column2 = rows.row3.column3 = 1.0
    shape.dimensions.extend(size)
    return zone

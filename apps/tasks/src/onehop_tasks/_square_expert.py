"""Who shows how a nut comes onto its peg: waypoints, from the state.

    over the handle -> down to it -> close -> up -> over the peg -> down

The hand follows each by what is left of the way, in place and in rotation: fingers are
across the handle, the hand points down, and once the nut is held it is the nut that is
led, its hole to the peg's axis and its sides along the peg's.

Of two ways to turn to the handle the hand takes the shorter, and of three onto the peg
the one that leaves it nearest to how it began: it is never turned by more than 90
degrees, which its last joint allows. A handle that points away from the arm would be
out of its reach. A nut that was lost is fetched again.
"""

from __future__ import annotations

from math import atan2, pi, remainder
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._square_arm import SquareArm

__all__ = ["SquareExpert"]

Array: TypeAlias = NDArray[np.float64]

HANDLE = 0.06
"""From the middle of the hole to where the handle is held [m]."""
ABOVE = 0.08
"""Over the handle, before going down [m]."""
CARRIED = 1.0
"""How high the nut is carried; the peg ends at 0.95 [m]."""
LOWERED = 0.84
"""Where the nut is lowered to; it is on the peg from 0.87 on [m]."""
CLOSING = 8
"""How long fingers take to close [steps]."""
LOST = 0.09
"""A nut whose hole is farther from the hand is not held [m]."""
PLACE, TURN = 0.05, 0.5
"""What an action of 1 is of [m, rad]."""
GAIN = 1.6
"""Of what is left of the way, for the controller covers a part of what it is told."""
FASTEST = 0.8
"""Of an action."""
ON = (-pi / 2, pi / 2, pi)
"""Where the handle may point on the peg, about z [rad]: away is out of reach."""
TOLERANCE = ((0.01, 0.05), (0.006, 0.1), (1, 1), (0.02, 1), (0.004, 0.05), (0, 0))
"""When a stage is through: what is left of the way [m] and of the turn [rad]."""


class SquareExpert:
    """One episode's; `act` before every step of the arm.

    Args:
        arm: Before its first step.
    """

    def __init__(self, arm: SquareArm) -> None:
        self._arm = arm
        self._began = _yaw(arm.fingers)
        self._enter(0)

    def act(self) -> NDArray[np.float32]:
        """What to do now, (7,)."""
        arm = self._arm
        if self._stage > 2 and float(np.linalg.norm(arm.nut - arm.hand)) > LOST:
            self._enter(0)
        way, turn = self._fetch() if self._stage < 3 else self._carry()
        rotation = np.cross(arm.down, (0.0, 0.0, -1.0))
        rotation[2] += turn
        move = GAIN * np.concatenate((way / PLACE, rotation / TURN))
        grip = 1.0 if self._stage >= 2 else -1.0
        self._go_on(float(np.linalg.norm(way)), abs(turn))
        return np.array([*move.clip(-FASTEST, FASTEST), grip], np.float32)

    def _fetch(self) -> tuple[Array, float]:
        """To the handle, fingers across it: the way that is left, and the turn."""
        arm = self._arm
        handle = arm.nut + HANDLE * arm.nut_axes[:, 0]
        handle[2] += ABOVE if self._stage == 0 else 0.0
        return handle - arm.hand, remainder(self._yaw - _yaw(arm.fingers), 2 * pi)

    def _carry(self) -> tuple[Array, float]:
        """The nut upwards, over the peg and down: likewise, of the nut."""
        arm = self._arm
        way = arm.peg - arm.nut
        way[2] = (LOWERED if self._stage == 5 else CARRIED) - arm.nut[2]
        if self._stage == 3:
            return way * (0, 0, 1), 0.0
        return way, remainder(self._yaw - _yaw(arm.nut_axes[:, 0]), 2 * pi)

    def _go_on(self, distance: float, turn: float) -> None:
        """To the next waypoint, if this one is reached."""
        near, straight = TOLERANCE[self._stage]
        self._steps += 1
        waited = self._stage != 2 or self._steps >= CLOSING
        if distance < near and turn < straight and waited:
            self._enter(self._stage + 1)

    def _enter(self, stage: int) -> None:
        """Begin a stage, and choose how to turn in it."""
        arm = self._arm
        self._stage, self._steps = stage, 0
        along, fingers = _yaw(arm.nut_axes[:, 0]), _yaw(arm.fingers)
        if stage == 0:
            across = _yaw(arm.nut_axes[:, 1])
            self._yaw = self._began + remainder(across - self._began, pi)
        elif stage == 3:
            # How far the hand will have turned since the beginning, each way.
            held, turned = fingers - along, remainder(fingers - self._began, 2 * pi)
            ways = (remainder(way + held - self._began, 2 * pi) for way in ON)
            self._yaw = along + min(ways, key=abs) - turned


def _yaw(axis: Array) -> float:
    """Of a direction (3,), about z [rad]."""
    return atan2(axis[1], axis[0])

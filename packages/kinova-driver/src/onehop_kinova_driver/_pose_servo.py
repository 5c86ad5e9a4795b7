"""The controller inside an arm, as far as it is known: how it goes to a pose.

What is commanded counts from the next tick of 25 ms on. From there the set-point
approaches the last target, its speed a trapezoid: bounded acceleration, a bounded
speed, and such braking that it comes to rest in the target (`_approach`). The rotation
follows the shortest way at a bounded rate.

Whether a new target makes the real controller begin anew from rest is not documented;
people who stream poses report that it jerks. `restart` models that: the speed is lost
with every command.
"""

from __future__ import annotations

from math import floor

from ._approach import approached
from ._rotations import Quat, Vec3, turned

__all__ = ["PoseServo"]


class PoseServo:
    """The set-point of a tool.

    Args:
        speed: At most [m/s].
        acceleration: At most [m/s^2].
        turn: At most [rad/s].
        tick: How often commands are looked at [s].
        restart: Whether each command begins from rest.
    """

    def __init__(
        self,
        speed: float = 0.25,
        acceleration: float = 2.0,
        turn: float = 0.87,
        tick: float = 0.025,
        restart: bool = False,
    ) -> None:
        self._speed, self._acceleration, self._turn = speed, acceleration, turn
        self._tick, self._restart = tick, restart
        self.place((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))

    def place(self, pos: Vec3, quat: Quat) -> None:
        """Be at rest at a pose, and forget what was commanded."""
        self.pos, self.quat = pos, quat
        self.velocity: Vec3 = (0.0, 0.0, 0.0)
        self._target = (pos, quat)
        self._next: tuple[Vec3, Quat] | None = None
        self._t = 0.0

    def command(self, pos: Vec3, quat: Quat) -> None:
        """Go to a pose, from the next tick on."""
        self._next = (pos, quat)

    def step(self, dt: float) -> None:
        """Let dt [s] pass, at most a tick."""
        before, self._t = self._t, self._t + dt
        ticked = floor(self._t / self._tick) > floor(before / self._tick)
        if self._next is not None and ticked:
            self._target, self._next = self._next, None
            if self._restart:
                self.velocity = (0.0, 0.0, 0.0)
        pos, quat = self._target
        self.pos, self.velocity = approached(
            self.pos, self.velocity, pos, self._speed, self._acceleration, dt
        )
        self.quat = turned(self.quat, quat, self._turn * dt)

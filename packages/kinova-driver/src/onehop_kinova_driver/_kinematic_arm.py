"""An arm without masses: its joints are where its own controller's set-point is."""

from __future__ import annotations

import numpy as np

from ._clock import Clock
from ._gen3 import HOME, Gen3
from ._pose_servo import PoseServo
from ._simulated_arm import Array, SimulatedArm
from ._values import ArmInfo, Joints

__all__ = ["KinematicArm"]

STEP = 0.025
"""Of the simulation [s]."""


class KinematicArm(SimulatedArm):
    """A Gen3 of numpy alone.

    Args:
        clock: Whose time passes.
        arm: Its kinematics.
        q: Where its joints are at first [rad].
        servo: Its controller; one with the default speeds if none.
    """

    def __init__(
        self,
        clock: Clock,
        arm: Gen3 | None = None,
        q: Joints = HOME,
        servo: PoseServo | None = None,
    ) -> None:
        super().__init__(clock, arm, q, servo, STEP)
        self._q, self._dq = np.array(q), np.zeros(7)

    def info(self) -> ArmInfo:
        """A kinematic arm."""
        return ArmInfo("kinematic", tool=self._arm.tool)

    def stop(self, reason: str) -> None:
        """Be at rest, here."""
        self._servo.place(*self._arm.pose(self._q))
        self._dq = np.zeros(7)

    def _advance(self) -> None:
        self._servo.step(STEP)
        found = self._arm.inverse(self._q, self._servo.pos, self._servo.quat, 2)
        self._dq = (found.q - self._q) / STEP
        self._q = found.q

    def _joints(self) -> tuple[Array, Array]:
        return self._q, self._dq

    def _own_time(self) -> float:
        return self._t

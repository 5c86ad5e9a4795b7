"""An arm without masses: its joints are where its own controller's set-point is.

Time is a clock's; whoever asks for the state lets the arm catch up with it, in steps of
a fixed length, so that the same commands at the same times give the same states.
"""

from __future__ import annotations

import numpy as np

from ._arm import ArmError, ArmInterface
from ._clock import Clock
from ._gen3 import HOME, Gen3, joints_of
from ._pose_servo import PoseServo
from ._values import ArmInfo, ArmState, Joints, PoseTarget

__all__ = ["KinematicArm"]

STEP = 0.025
"""Of the simulation [s]."""
LONGEST = 2.0
"""What is caught up with after a longer pause [s]: by then it is at rest."""
ESTOP = 1
"""Its only fault."""


class KinematicArm(ArmInterface):
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
        self._clock, self._arm = clock, arm or Gen3()
        self._servo = servo or PoseServo()
        self._q, self._dq = np.array(q), np.zeros(7)
        self._connected = False
        self._faults = self._seq = 0
        self._t = clock.now()
        self._servo.place(*self._arm.pose(q))

    def connect(self) -> None:
        """Begin to count the time from here."""
        self._connected = True
        self._t = self._clock.now()

    def info(self) -> ArmInfo:
        """A kinematic arm."""
        return ArmInfo("kinematic", tool=self._arm.tool)

    def read_state(self) -> ArmState:
        """The state at this moment.

        Raises:
            ArmError: if it is not connected.
        """
        self._catch_up()
        self._seq += 1
        pos, quat = self._arm.pose(self._q)
        a, b, c, d, e, f = (self._arm.jacobian(self._q) @ self._dq).tolist()
        return ArmState(
            self._clock.now(),
            self._seq,
            joints_of(self._q),
            joints_of(self._dq),
            pos,
            quat,
            (a, b, c, d, e, f),
            ready=not self._faults,
            faults=self._faults,
            t_arm=self._t,
        )

    def command_pose(self, target: PoseTarget) -> None:
        """Go there.

        Raises:
            ArmError: if it is not connected, or stands after an emergency stop.
        """
        self._catch_up()
        if self._faults:
            raise ArmError("in emergency stop", 3, 25)
        self._servo.command(target.pos, target.quat)

    def hold(self) -> None:
        """Nothing: it comes to rest at the last target by itself."""

    def stop(self, reason: str) -> None:
        """Be at rest, here."""
        self._servo.place(*self._arm.pose(self._q))
        self._dq = np.zeros(7)

    def estop(self) -> None:
        """Be at rest and in fault."""
        self.stop("emergency")
        self._faults = ESTOP

    def clear_faults(self) -> None:
        """Obey again."""
        self._faults = 0

    def close(self) -> None:
        """Answer no more."""
        self._connected = False

    def _catch_up(self) -> None:
        if not self._connected:
            raise ArmError("not connected")
        now = self._clock.now() + 1e-9
        self._t = max(self._t, now - LONGEST)
        while self._t + STEP <= now:
            self._t += STEP
            self._servo.step(STEP)
            found = self._arm.inverse(self._q, self._servo.pos, self._servo.quat, 2)
            self._dq = (found.q - self._q) / STEP
            self._q = found.q

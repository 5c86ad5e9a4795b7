"""What simulated arms share: a time to catch up with, a controller, a fault, a state.

Time is a clock's; whoever asks for the state lets the arm catch up with it, in steps of
a fixed length, so that the same commands at the same times give the same states.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from ._arm import ArmError, ArmInterface
from ._clock import Clock
from ._gen3 import Gen3, joints_of
from ._pose_servo import PoseServo
from ._values import ArmState, Joints, PoseTarget

__all__ = ["SimulatedArm"]

Array = NDArray[np.float64]

LONGEST = 2.0
"""What is caught up with after a longer pause [s]: by then it is at rest."""
ESTOP = 1
"""Its only fault."""


class SimulatedArm(ArmInterface):
    """An arm but for how it moves.

    Args:
        clock: Whose time passes; it catches up when it is asked something.
        arm: Its kinematics; the Gen3's if None.
        q: Where its joints are at first [rad].
        servo: Its controller; one with the default speeds if None.
        step: Of the simulation [s].
    """

    def __init__(
        self,
        clock: Clock,
        arm: Gen3 | None,
        q: Joints,
        servo: PoseServo | None,
        step: float,
    ) -> None:
        self._clock, self._arm = clock, arm or Gen3()
        self._servo, self._step = servo or PoseServo(), step
        self._connected = False
        self._faults = self._seq = 0
        self._t = clock.now()
        self._servo.place(*self._arm.pose(q))

    @abstractmethod
    def _advance(self) -> None:
        """Let a step pass."""

    @abstractmethod
    def _joints(self) -> tuple[Array, Array]:
        """Angles [rad] and velocities [rad/s] now, (7,) each."""

    @abstractmethod
    def _own_time(self) -> float:
        """What its own clock says [s]."""

    def connect(self) -> None:
        """Begin to count the time from here."""
        self._connected, self._t = True, self._clock.now()

    def read_state(self) -> ArmState:
        """The state at this moment.

        Raises:
            ArmError: if it is not connected.
        """
        self._catch_up()
        self._seq += 1
        q, dq = self._joints()
        pos, quat = self._arm.pose(q)
        a, b, c, d, e, f = (self._arm.jacobian(q) @ dq).tolist()
        return ArmState(
            self._clock.now(),
            self._seq,
            joints_of(q),
            joints_of(dq),
            pos,
            quat,
            (a, b, c, d, e, f),
            ready=not self._faults,
            faults=self._faults,
            t_arm=self._own_time(),
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

    def estop(self) -> None:
        """Stop, and be in fault."""
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
        while self._t + self._step <= now:
            self._t += self._step
            self._advance()

"""A Gen3 with masses, simulated by MuJoCo, and the controller that is inside the arm.

Every 10 ms the controller's set-point goes on (`PoseServo`: commands count from ticks
of 25 ms, a trapezoid leads to the last target), its inverse is found from the one
before, and the joints' actuators get the angles and their velocities, held for the
10 ms. The physics goes in steps of 2 ms.

Holding an angle for long while its velocity is fed forward makes the joints race; so
the two rates are fixed here, and no one can set them apart.

Needs mujoco: `pip install onehop-kinova-driver[sim]`.
"""

from __future__ import annotations

import mujoco
import numpy as np

from ._arm import ArmError, ArmInterface
from ._clock import Clock
from ._gen3 import HOME, Gen3, joints_of
from ._mujoco_model import KP, KV, gen3_model
from ._pose_servo import PoseServo
from ._scene import Scene
from ._values import ArmInfo, ArmState, Joints, PoseTarget

__all__ = ["MujocoArm"]

PHYSICS, CONTROL = 0.002, 0.01
"""Steps of the physics and of the controller [s]."""
LONGEST = 2.0
"""What is caught up with after a longer pause [s]: by then it is at rest."""
ESTOP = 1
"""Its only fault."""


class MujocoArm(ArmInterface):
    """A Gen3 in MuJoCo.

    Args:
        clock: Whose time passes; it catches up when it is asked something.
        arm: Its kinematics.
        q: Where its joints are at first [rad].
        servo: Its controller; one with the default speeds if none.
        scene: What is in its way, to be seen; nothing is touched.
    """

    def __init__(
        self,
        clock: Clock,
        arm: Gen3 | None = None,
        q: Joints = HOME,
        servo: PoseServo | None = None,
        scene: Scene | None = None,
    ) -> None:
        self._clock, self._arm = clock, arm or Gen3()
        self._servo = servo or PoseServo()
        self.model = gen3_model(self._arm, scene or Scene(), PHYSICS)
        self.data = mujoco.MjData(self.model)
        self.data.qpos[:], self.data.ctrl[:] = q, q
        mujoco.mj_forward(self.model, self.data)
        self._wanted = np.array(q)
        self._ahead = np.array(KV) / KP
        self._servo.place(*self._arm.pose(q))
        self._connected, self._faults, self._seq = False, 0, 0
        self._t = clock.now()

    @property
    def set_point(self) -> PoseServo:
        """Where its controller wants the tool."""
        return self._servo

    def connect(self) -> None:
        """Begin to count the time from here."""
        self._connected, self._t = True, self._clock.now()

    def info(self) -> ArmInfo:
        """A simulated arm."""
        return ArmInfo("mujoco", firmware=mujoco.__version__, tool=self._arm.tool)

    def read_state(self) -> ArmState:
        """The state at this moment.

        Raises:
            ArmError: if it is not connected.
        """
        self._catch_up()
        self._seq += 1
        q, dq = self.data.qpos.copy(), self.data.qvel.copy()
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
            t_arm=float(self.data.time),
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
        """Come to rest where the controller's set-point is."""
        self._servo.place(self._servo.pos, self._servo.quat)

    def estop(self) -> None:
        """The same, and be in fault."""
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
        while self._t + CONTROL <= now:
            self._t += CONTROL
            self._control()
            for _ in range(round(CONTROL / PHYSICS)):
                mujoco.mj_step(self.model, self.data)

    def _control(self) -> None:
        self._servo.step(CONTROL)
        found = self._arm.inverse(self._wanted, self._servo.pos, self._servo.quat, 3)
        velocity = (found.q - self._wanted) / CONTROL
        self._wanted = found.q
        self.data.ctrl[:] = found.q + self._ahead * velocity

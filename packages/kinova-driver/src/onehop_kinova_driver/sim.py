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

from ._clock import Clock
from ._gen3 import HOME, Gen3
from ._mujoco_model import KP, KV, gen3_model
from ._pose_servo import PoseServo
from ._scene import Scene
from ._simulated_arm import Array, SimulatedArm
from ._values import ArmInfo, Joints

__all__ = ["MujocoArm"]

PHYSICS, CONTROL = 0.002, 0.01
"""Steps of the physics and of the controller [s]."""


class MujocoArm(SimulatedArm):
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
        super().__init__(clock, arm, q, servo, CONTROL)
        self.model = gen3_model(self._arm, scene or Scene(), PHYSICS)
        self.data = mujoco.MjData(self.model)
        self.data.qpos[:], self.data.ctrl[:] = q, q
        mujoco.mj_forward(self.model, self.data)
        self._wanted = np.array(q)
        self._ahead = np.array(KV) / KP

    @property
    def set_point(self) -> PoseServo:
        """Where its controller wants the tool."""
        return self._servo

    def info(self) -> ArmInfo:
        """A simulated arm."""
        return ArmInfo("mujoco", firmware=mujoco.__version__, tool=self._arm.tool)

    def stop(self, reason: str) -> None:
        """Come to rest where the controller's set-point is."""
        self._servo.place(self._servo.pos, self._servo.quat)

    def _advance(self) -> None:
        self._control()
        for _ in range(round(CONTROL / PHYSICS)):
            mujoco.mj_step(self.model, self.data)

    def _joints(self) -> tuple[Array, Array]:
        return self.data.qpos.copy(), self.data.qvel.copy()

    def _own_time(self) -> float:
        return float(self.data.time)

    def _control(self) -> None:
        self._servo.step(CONTROL)
        found = self._arm.inverse(self._wanted, self._servo.pos, self._servo.quat, 3)
        velocity = (found.q - self._wanted) / CONTROL
        self._wanted = found.q
        self.data.ctrl[:] = found.q + self._ahead * velocity

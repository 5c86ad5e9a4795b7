"""A motion of all joints: a spline (`_spline`), and how long it takes.

    q(t) = x(t / T),        0 <= t <= T,

at rest at both ends. Before and after it the arm stands where it begins and ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onehop_interfaces import BadInput, number

from .._gen3 import GRIPPER, Gen3
from .._scene import Scene
from ._batched_kinematics import frames_of
from ._obstacles import obstacles_of
from ._spline import DEGREE, spline
from ._standing import clear_of

__all__ = ["JointPath"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JointPath:
    """A motion of the joints.

    Attributes:
        points: Control points [rad], (n, 7); at rest at the ends where two are one.
        duration: T [s].
        arm: Whose joints.

    Raises:
        BadInput: if the points are of another shape, too few or not finite, or if the
            duration is not above 0.
    """

    points: Array
    duration: float
    arm: Gen3 = GRIPPER

    def __post_init__(self) -> None:
        shape = np.shape(self.points)
        if len(shape) != 2 or shape[0] <= DEGREE or shape[1] != 7:
            raise BadInput(f"points: expected (n, 7) with n > {DEGREE}, got {shape}")
        if not np.isfinite(self.points).all():
            raise BadInput("points: expected finite numbers, got others")
        if not number(self.duration, "duration") > 0:
            raise BadInput(f"duration: expected above 0 s, got {self.duration}")

    def q(self, t: ArrayLike) -> Array:
        """Angles [rad] at times [s], (len(t), 7)."""
        return self._derivative(t, 0)

    def dq(self, t: ArrayLike) -> Array:
        """Velocities of the joints [rad/s] at times [s], (len(t), 7)."""
        return self._derivative(t, 1)

    def ddq(self, t: ArrayLike) -> Array:
        """Their accelerations [rad/s^2] at times [s], (len(t), 7)."""
        return self._derivative(t, 2)

    def tool(self, t: ArrayLike) -> Array:
        """Positions of the tool [m] at times [s], (len(t), 3)."""
        made: Array = frames_of(self.arm, self.q(t).T).p[7].T
        return made

    def clearance(self, scene: Scene, samples: int = 400) -> float:
        """The least distance [m] of the whole arm to obstacles, at so many times.

        Infinite without obstacles, as that of `Body`.
        """
        if not scene.spheres and not scene.boxes:
            return inf
        q = self.q(np.linspace(0, self.duration, samples)).T[..., None]
        found = clear_of(self.arm, frames_of(self.arm, q), obstacles_of([scene]))
        return float(found.min())

    def _derivative(self, t: ArrayLike, order: int) -> Array:
        """That of q of an order; above 0 it is 0 where the arm stands."""
        s = np.asarray(t, float) / self.duration
        made: Array = spline(self.points)(np.clip(s, 0, 1), order)
        if order:
            made[(s < 0) | (s > 1)] = 0
        return made / self.duration**order

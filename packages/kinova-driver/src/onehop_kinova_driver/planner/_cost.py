"""What the way of a tool costs, with the joints that follow it.

The way is a spline x(s) with control points P (`_spline`), the joints q(x) are those
near to a way that the arm has followed (`_nearby`). With differences D of the control
points and S samples of s,

    c(P) = w_1/2 |D P|^2 + w_3/2 |D^3 P|^2 + k/S sum_s h(x(s)),

    h = 1/2 |out(x)|^2 + sum 1/2 max(m - d, 0)^2 + j/2 |max(|q| - q^, 0)|^2
        + r/2 max(ln cond J - ln k^, 0)^2 :

the way out of the workspace, obstacles nearer than m, joints beyond q^, Jacobians with
a condition number above k^. m, q^ and k^ are a little stricter than what is asked of a
plan (`_standing`): in the end some of each is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

from .._body import Body, Cover, cover_of
from .._gen3 import RANGES, Gen3
from .._limits import Workspace
from ._batched_kinematics import frames_of
from ._nearby import Arms, Nearby, nearby
from ._obstacles import Obstacles, hinge
from ._spline import basis

__all__ = ["BEND", "WEIGHT", "Cost", "outside"]

Array = NDArray[np.float64]

BEND = {1: 1.0, 3: 0.5}
"""w_1 and w_3 [1/m^2]."""
WEIGHT = 300.0
"""k [1/m^2]."""
MARGIN = 0.065
"""m [m]."""
LEFT = 0.19
"""What q^ is within the ends of the joints' ranges [rad]."""
CONDITION = 15.5
"""k^."""
JOINTS, REGULAR = 0.2, 0.04
"""j, r [m^2]."""
SOFT = 0.005
"""How much farther from the sides of the workspace it costs nothing [m]."""
WORKSPACE = Workspace()
"""The gate's."""
GAP = 0.04
"""Half of what the centres of spheres on a link are apart [m]."""


@dataclass(frozen=True)
class Cost:
    """The cost of ways.

    Attributes:
        arm: Whose tool goes.
        points: Control points of a way, n.
        samples: Where along it the cost is looked at, S.
        workspace: What the tool is to stay in.
    """

    arm: Gen3
    points: int = 12
    samples: int = 24
    workspace: Workspace = WORKSPACE

    def __call__(
        self, p: Array, near: Nearby, obstacles: Obstacles
    ) -> tuple[Array, Array]:
        """c, (B,), and dc/dP, (3, n, B), of control points (3, n, B) [m]."""
        x = self.phi @ p
        h, slope = self._of_samples(x, near, obstacles)
        stiff = self.stiffness @ p
        k = WEIGHT / self.samples
        cost = (p * stiff).sum((0, 1)) / 2 + k * h.sum(0)
        return cost, stiff + k * (self.phi.T @ slope)

    def near(self, p: Array, arms: Arms) -> Nearby:
        """The arm that follows ways with control points (3, n, B) [m]."""
        return nearby(self.arm, self.phi @ p, arms, CONDITION)

    @cached_property
    def phi(self) -> Array:
        """The basis functions at the samples, (S, n)."""
        return basis(self.points, np.linspace(0, 1, self.samples))

    @cached_property
    def stiffness(self) -> Array:
        """w_1 D^T D + w_3 D^3T D^3, (n, n)."""
        made = np.zeros((self.points, self.points))
        for order, weight in BEND.items():
            d = np.diff(np.eye(self.points), order, axis=0)
            made += weight * d.T @ d
        return made

    @cached_property
    def _cover(self) -> Cover:
        """Spheres of the links that move much, fewer than those of `Body`."""
        parts = []
        for capsule in Body(self.arm).capsules[2:]:
            coarse, fine = cover_of([capsule], GAP), cover_of([capsule])
            radii = np.full(len(coarse.links), fine.radii[0])
            parts.append(coarse._replace(radii=radii))
        return Cover(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _of_samples(
        self, x: Array, near: Nearby, obstacles: Obstacles
    ) -> tuple[Array, Array]:
        """h, (S, B), and dh/dx, (3, S, B)."""
        by = x - near.x
        q = near.q + (near.back * by).sum(1)
        touch, turning = hinge(self._cover, frames_of(self.arm, q), obstacles, MARGIN)
        out = outside(x, self.workspace, SOFT)
        over = np.maximum(np.abs(q) - np.reshape(RANGES, (7, 1, 1)) + LEFT, 0)
        turning -= JOINTS * np.copysign(over, q)
        bent = near.condition + (near.steeper * by).sum(0) - log(CONDITION)
        bent = np.maximum(bent, 0)
        squares = np.square(out).sum(0) + JOINTS * np.square(over).sum(0)
        h = touch + (squares + REGULAR * np.square(bent)) / 2
        slope = out + REGULAR * bent * near.steeper
        return h, slope - (near.back * turning[:, None]).sum(0)


def outside(x: Array, workspace: Workspace, spare: float = 0.0) -> Array:
    """The way to positions (3, *N) [m] from a box without its soft band, (3, *N)."""
    shape = (3, *[1] * (x.ndim - 1))
    low, high = (np.reshape(c, shape) for c in (workspace.low, workspace.high))
    band = workspace.soft + spare
    made: Array = np.maximum(x - high + band, 0) - np.maximum(low + band - x, 0)
    return made

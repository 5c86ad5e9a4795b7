"""Which rays are worth casting: those that may meet something inside a box.

To cast a ray costs MuJoCo a look at every mesh, to pass by a box costs three divisions:
at o along d, the planes of the axes i are passed at

    (low_i - o_i) / d_i    and    (high_i - o_i) / d_i,

and a ray goes through the box if it is in along all axes before it is out of any. What
is drawn has such a box each, and turns with it. Those that reach into the workspace are
looked at, first by the sphere around the part that does, which a ray passes within R if

    (d . c)^2 - |c|^2 + R^2 >= 0,    c from o,

then, for the rays and boxes that are left, by the box itself. No ray that would end
inside the workspace is left out.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bounds", "near", "through"]

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

WIDE = 1e6
"""Half of how wide a plane is [m]: it has no end, and MuJoCo's box around it is the
half space below, too large to tell a millimetre in."""


class Bounds:
    """Boxes around a model's geoms.

    Args:
        model: MuJoCo's.
        groups: Which of the groups 0 to 5 are drawn, (6,).
    """

    def __init__(self, model: Any, groups: NDArray[Any]) -> None:
        from mujoco import mjtGeom

        seen = (model.geom_rgba[:, 3] > 0) | (model.geom_matid >= 0)
        self._which = np.flatnonzero(seen & (groups[model.geom_group] > 0))
        boxes = model.geom_aabb[self._which]
        self._middle, self._half = boxes[:, :3].copy(), boxes[:, 3:].copy()
        endless = model.geom_type[self._which] == mjtGeom.mjGEOM_PLANE
        self._middle[endless], self._half[endless] = 0.0, (WIDE, WIDE, 0.0)

    def worth(self, data: Any, at: Array, rays: Array, box: Array) -> Mask:
        """Which rays may end at a geom inside a box, (N,).

        Args:
            data: MuJoCo's, its positions up to date.
            at: Where rays begin, (3,) [m].
            rays: Their directions, unit vectors (N, 3).
            box: Low and high corner, (2, 3) [m].
        """
        turn = data.geom_xmat[self._which].reshape(-1, 3, 3)
        place = data.geom_xpos[self._which]
        middle = place + np.einsum("gij,gj->gi", turn, self._middle)
        half = np.einsum("gij,gj->gi", np.abs(turn), self._half)
        low, high = np.maximum(middle - half, box[0]), np.minimum(middle + half, box[1])
        here = np.flatnonzero((low <= high).all(1))
        centre, radius = (low + high)[here] / 2, (high - low)[here] / 2
        ray, nth = np.nonzero(near(at, rays, centre, np.linalg.norm(radius, axis=1)))
        geom = here[nth]
        # From here on as the geom sees them, whose box is along its own axes.
        along = np.einsum("ni,nij->nj", rays[ray], turn[geom])
        begin = np.einsum("gi,gij->gj", at - middle, turn)[geom]
        met = through(begin, along, -self._half[geom], self._half[geom])
        worth = np.zeros(len(rays), bool)
        worth[ray[met]] = True
        return worth


def near(at: Array, rays: Array, centre: Array, radius: Array) -> Mask:
    """Which rays (N, 3) pass within the radius (G,) of a centre (G, 3), (N, G)."""
    c = centre - at
    b = rays @ c.T
    passed: Mask = b * b >= (c * c).sum(1) - radius**2
    return passed


def through(at: Array, rays: Array, low: Array, high: Array) -> Mask:
    """Which rays (N, 3) from `at` go through the box from `low` to `high`, (N,).

    Each of these is (3,), or (N, 3) where every ray has its own.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = (low - at) / rays, (high - at) / rays
    enter, leave = np.fmin(*ends).max(1), np.fmax(*ends).min(1)
    met: Mask = (leave > 0) & (enter <= leave)
    return met

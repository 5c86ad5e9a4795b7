"""Point clouds of a MuJoCo scene without a graphics driver: rays, and what they meet.

A pinhole camera of h x w pixels stands at o and looks along f, with r to its right and
u above it. The ray of the pixel in row i and column j has the direction

    f + (j + 1/2 - w/2) / s r - (i + 1/2 - h/2) / s u,    s = h / (2 tan(fovy / 2)).

It ends at the nearest of what a renderer would draw: geoms of the groups 0, 1 and 2
that are not transparent and, as MetaWorld's goals are such, sites of these groups that
are spheres. Ends inside a workspace box are the cloud, and `farthest` chooses among
them. Rays that pass the box by are not cast: no end of theirs would count.

It needs MuJoCo, which is an extra: `onehop-envs[mujoco]`.

References:
    | 3D Diffusion Policy (Ze et al., 2024), section IV: crop, farthest points
    | https://arxiv.org/abs/2403.03954
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._farthest import farthest

__all__ = ["Eye", "RayCamera", "checked", "cloud_of", "pinhole"]

Array: TypeAlias = NDArray[np.float64]

DRAWN = np.array([1, 1, 1, 0, 0, 0], np.uint8)
"""Which groups MuJoCo draws unless told otherwise."""
SPHERE = 2
"""MuJoCo's number of that shape."""


class Eye(NamedTuple):
    """Where a camera stands, and where it looks.

    Attributes:
        at: Where it is, (3,) [m].
        towards: A point in the middle of its picture, (3,) [m].
        fovy: How much it sees from the lower edge to the upper [deg].
        up: What is up, (3,).
    """

    at: tuple[float, float, float]
    towards: tuple[float, float, float]
    fovy: float
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def frame(self) -> tuple[Array, Array, Array]:
        """Forward, right and above, unit vectors (3,).

        Raises:
            BadInput: if it looks along what is up.
        """
        f = np.subtract(self.towards, self.at)
        r = np.cross(f, self.up)
        if not np.linalg.norm(r) > 0:
            raise BadInput(f"eye: expected to look aside of what is up, got {self}")
        f, r = f / np.linalg.norm(f), r / np.linalg.norm(r)
        return f, r, np.cross(r, f)


class RayCamera:
    """Points where rays of a pinhole camera meet the scene, in the world's frame.

    Args:
        model: MuJoCo's model of the scene.
        eye: Where the camera is.
        shape: Its pixels, h and w.
        box: Low and high corner of the workspace, (2, 3) [m].

    Raises:
        BadInput: if MuJoCo is not installed, or the box is none or not in view.
    """

    def __init__(
        self, model: Any, eye: Eye, shape: tuple[int, int], box: NDArray[Any]
    ) -> None:
        try:
            from mujoco import mj_multiRay
        except ImportError as error:
            raise BadInput(
                "RayCamera: expected MuJoCo to be installed; "
                "pip install 'onehop-envs[mujoco]'"
            ) from error
        self._cast, self._model = mj_multiRay, model
        self._box, self._at = checked(box), np.array(eye.at, float)
        rays = pinhole(eye, shape).reshape(-1, 3)
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        self._rays = rays[_meet(self._at, rays, self._box)]
        if not len(self._rays):
            raise BadInput(f"box: expected one in view of {eye}, got {box.tolist()}")
        self._far = float(np.linalg.norm(np.abs(self._box - self._at).max(0)))
        self._sites = _drawn_sites(model)

    def __call__(self, data: Any, count: int) -> NDArray[np.float32]:
        """A cloud of `count` points, (count, 3) [m].

        Points are repeated where fewer are inside the box; where none is, all are the
        box's middle.

        Args:
            data: MuJoCo's, of the model, its positions up to date.
            count: How many.
        """
        return cloud_of(self.ends(data), self._box, count)

    def ends(self, data: Any) -> Array:
        """Where rays end, (N, 3) [m], all that do inside the box among them.

        Args:
            data: As above.
        """
        n = len(self._rays)
        t, geom = np.empty(n), np.empty(n, np.int32)
        self._cast(
            *(self._model, data, self._at, self._rays.ravel(), DRAWN),
            *(1, -1, geom, t, n, self._far),
        )
        t[t < 0] = np.inf
        self._see_sites(data, t)
        met = np.isfinite(t)
        ends: Array = self._at + t[met, None] * self._rays[met]
        return ends

    def _see_sites(self, data: Any, t: Array) -> None:
        """Shorten rays (N,) that meet a sphere: t = b - sqrt(b^2 - |c|^2 + R^2)."""
        radius = self._model.site_size[self._sites, 0]
        c = data.site_xpos[self._sites] - self._at  # (S, 3)
        b = self._rays @ c.T  # (N, S)
        under = b * b - (c * c).sum(1) + radius**2
        ray, site = np.nonzero((under > 0) & (b > 0))
        np.minimum.at(t, ray, b[ray, site] - np.sqrt(under[ray, site]))


def pinhole(eye: Eye, shape: tuple[int, int]) -> Array:
    """Directions of the pixels, (h, w, 3), one along where the camera looks."""
    h, w = shape
    if min(h, w) < 1 or not 0 < eye.fovy < 180:
        raise BadInput(
            "camera: expected pixels and 0 < fovy < 180, "
            f"got shape {shape} and fovy {eye.fovy}"
        )
    f, r, u = eye.frame()
    s = h / 2 / np.tan(np.radians(eye.fovy) / 2)
    i, j = np.mgrid[:h, :w] + 0.5
    right, above = (j - w / 2) / s, (h / 2 - i) / s
    rays: Array = f + right[..., None] * r + above[..., None] * u
    return rays


def checked(box: NDArray[Any]) -> Array:
    """The box, (2, 3), its low corner below its high one."""
    corners = np.asarray(box, float)
    if corners.shape != (2, 3) or not (corners[0] < corners[1]).all():
        raise BadInput(f"box: expected (2, 3), low and high corner, got {box}")
    return corners


def cloud_of(points: Array, box: Array, count: int) -> NDArray[np.float32]:
    """`count` of the points (N, 3) that are inside the box, as `RayCamera` has them.

    What a camera's points cost on a robot, too.
    """
    low, high = box
    inside = points[((points > low) & (points < high)).all(1)]
    some = inside if len(inside) else box.mean(0, keepdims=True)
    kept: NDArray[np.float32] = some.astype(np.float32)
    chosen: NDArray[np.float32] = kept[farthest(kept, count)]
    return chosen


def _drawn_sites(model: Any) -> NDArray[np.intp]:
    """Indices of the spheres among sites that a renderer draws."""
    opaque = model.site_rgba[:, 3] > 0
    visible = DRAWN[np.clip(model.site_group, 0, 5)] > 0
    return np.flatnonzero(opaque & visible & (model.site_type == SPHERE))


def _meet(at: Array, rays: Array, box: Array) -> NDArray[np.bool_]:
    """Which rays (N, 3) pass through the box: in along all axes before out of any."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = (box[:, None] - at) / rays  # (2, N, 3)
    enter, leave = np.fmin(*ends).max(1), np.fmax(*ends).min(1)
    met: NDArray[np.bool_] = (leave > 0) & (enter <= leave)
    return met

"""How near the spheres that move with an arm's links are to obstacles, many at a time.

All that is nearer than a margin m costs, with the distances d of `_scene`,

    c(q) = sum 1/2 max(m - d, 0)^2

over spheres and obstacles. Each pushes with f = (m - d) grad d at the sphere's centre
p; joint i, with axis z_i and origin o_i, is turned by what pushes beyond it:

    -dc/dq_i = z_i . sum (p - o_i) x f.

Centres of M spheres at S samples of B paths are (3, M, S, B). A sphere is a box without
size, rounded; scenes with fewer obstacles than others have some far away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._body import Cover
from .._scene import Scene
from ._batched_kinematics import Frames, cross

__all__ = ["Obstacles", "clearances", "hinge", "obstacles_of"]

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

AWAY = 1e6
"""Where obstacles are that are none [m]."""


class Obstacles(NamedTuple):
    """What is in the way of B arms.

    Attributes:
        centres: Of the obstacles [m], (O, 3, B).
        halves: Their half sizes [m], (O, 3, B); 0 for spheres.
        radii: What they are larger by all round [m], (O, B).
    """

    centres: Array
    halves: Array
    radii: Array

    def repeated(self, times: int) -> Obstacles:
        """Each arm's so many times, one after the other."""
        return Obstacles(*(part.repeat(times, -1) for part in self))

    def of(self, arms: Indices) -> Obstacles:
        """Those of some of the arms."""
        return Obstacles(*(part[..., arms] for part in self))


def obstacles_of(scenes: Sequence[Scene]) -> Obstacles:
    """The obstacles of scenes, of each scene for one arm."""
    rows = [_rows(scene) for scene in scenes]
    made = np.zeros((max(1, *map(len, rows)), 7, len(rows)))
    made[:, 0] = AWAY
    for b, row in enumerate(rows):
        made[: len(row), :, b] = row
    return Obstacles(made[:, :3].copy(), made[:, 3:6].copy(), made[:, 6].copy())


def _rows(scene: Scene) -> Array:
    """Centre, half sizes and radius of each obstacle, (O, 7)."""
    balls = [(*o.centre, 0.0, 0.0, 0.0, o.radius + scene.margin) for o in scene.spheres]
    boxes = [(*o.centre, *o.half, scene.margin) for o in scene.boxes]
    return np.reshape(balls + boxes, (-1, 7))


def clearances(cover: Cover, frames: Frames, obstacles: Obstacles) -> Array:
    """The least distance [m] of any sphere to any obstacle, (S, B)."""
    p = _centres(cover, frames)
    least = np.full(p.shape[2:], np.inf)
    for centre, half, radius in zip(*obstacles, strict=True):
        e = np.abs(p - centre[:, None, None]) - half[:, None, None]
        inside = np.minimum(e.max(0), 0)
        distance = np.sqrt(np.square(np.maximum(e, 0, out=e)).sum(0)) + inside
        distance -= cover.radii[:, None, None]
        least = np.minimum(least, distance.min(0) - radius)
    return least


def hinge(
    cover: Cover, frames: Frames, obstacles: Obstacles, margin: float
) -> tuple[Array, Array]:
    """What nearness costs, c, (S, B), and -dc/dq, (7, S, B).

    Args:
        cover: The spheres that move with the links.
        frames: Of the links, (8, 3, S, B).
        obstacles: What is in the way of the B arms.
        margin: m [m].
    """
    p = _centres(cover, frames)
    samples, arms = p.shape[2:]
    each = zip(*_touches(p, cover.radii, obstacles, margin), strict=True)
    m, at, force, depth = (np.concatenate(part, -1) for part in each)
    moment = cross(p.reshape(3, len(p[0]), -1)[:, m, at], force)
    n = samples * arms
    where = cover.links[m] * n + at
    sums = np.array([np.bincount(where, f, 8 * n) for f in (*force, *moment)], float)
    cost = np.array(np.bincount(at, depth**2 / 2, n), float).reshape(samples, arms)
    return cost, _turning(frames, sums.reshape(6, 8, samples, arms))


def _turning(frames: Frames, pushes: Array) -> Array:
    """How forces and moments (6, 8, *N) at the links turn the joints, (7, *N)."""
    made = np.empty((7, *pushes.shape[2:]))
    beyond = pushes[:, 7]
    for i in range(6, -1, -1):
        beyond = beyond + pushes[:, i]
        moment = beyond[3:] - cross(frames.p[i], beyond[:3])
        made[i] = (frames.z[i] * moment).sum(0)
    return made


def _centres(cover: Cover, frames: Frames) -> Array:
    """Centres of spheres that move with the links, (3, M, S, B) [m]."""
    made = np.empty((3, len(cover.links), *frames.p.shape[2:]))
    for m, (link, local) in enumerate(zip(cover.links, cover.centres, strict=True)):
        made[:, m] = frames.p[link]
        for axis, amount in zip(frames[:3], local.tolist(), strict=True):
            if amount:
                made[:, m] += amount * axis[link]
    return made


def _touches(
    p: Array, radii: Array, obstacles: Obstacles, margin: float
) -> Iterator[tuple[Indices, Indices, Array, Array]]:
    """Of each obstacle: spheres too near, their samples and arms, forces, depths."""
    flat = p.reshape(3, len(radii), -1)
    for centre, half, radius in zip(*obstacles, strict=True):
        reach = radii[:, None] + radius + margin  # (M, B)
        near = _square(p, centre, half) < np.square(reach)[:, None]
        m, at = np.divmod(np.flatnonzero(near), flat.shape[2])
        b = at % len(radius)
        away, distance = _gradient(flat[:, m, at] - centre[:, b], half[:, b])
        depth = reach[m, b] - distance
        yield m, at, depth * away, depth


def _square(p: Array, centre: Array, half: Array) -> Array:
    """The squares of the distances to a box from outside, 0 inside, (M, S, B)."""
    made = np.zeros(p.shape[1:])
    for part, c, h in zip(p, centre, half, strict=True):
        e = part - c
        np.abs(e, out=e)
        e -= h
        np.maximum(e, 0, out=e)
        e *= e
        made += e
    return made


def _gradient(d: Array, half: Array) -> tuple[Array, Array]:
    """The gradient (3, n) and the distance (n,) at d from the centres of boxes."""
    e = np.abs(d) - half
    out = np.maximum(e, 0)
    length = np.sqrt(np.square(out).sum(0))
    inside = length == 0
    out[:, inside] = np.eye(3)[e[:, inside].argmax(0)].T
    distance = np.where(inside, e.max(0), length)
    return np.copysign(out / np.where(inside, 1, length), d), distance

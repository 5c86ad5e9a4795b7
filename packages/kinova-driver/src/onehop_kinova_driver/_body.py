"""The body of the arm, for what it may come close to: a capsule for each link.

A capsule is what is within r of the segment from a to b. Spheres about points of the
segment at most 2 h apart cover it if their radii are sqrt(r^2 + h^2); so the least
distance of those spheres to a scene is never more than that of the capsules, and at
most sqrt(r^2 + h^2) - r less (5 mm here).

The radii are generous round numbers for the outlines of the links, the camera at the
wrist included. They have not been held against Kinova's meshes, and the arm's
distance to itself is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil, hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._gen3 import OFFSETS, Gen3
from ._rotations import Vec3
from ._scene import Scene

__all__ = ["Body", "Capsule", "Cover", "cover_of"]

Array = NDArray[np.float64]

GAP = 0.025
"""h: half of what the centres on a segment are apart at most [m]."""


class Capsule(NamedTuple):
    """What is within a radius of a segment.

    Attributes:
        link: Whose frame it is fixed in: 0 ... 6, or 7 for the tool's.
        a: One end of the segment, in that frame [m].
        b: The other.
        radius: [m].
    """

    link: int
    a: Vec3
    b: Vec3
    radius: float


class Cover(NamedTuple):
    """Spheres that move with links.

    Attributes:
        links: Whose frame each is fixed in, (n,).
        centres: In that frame [m], (n, 3).
        radii: [m], (n,).
    """

    links: NDArray[np.int64]
    centres: Array
    radii: Array


class Body:
    """The links of an arm and what it holds.

    Args:
        arm: Whose.
    """

    def __init__(self, arm: Gen3) -> None:
        self.arm = arm

    @cached_property
    def capsules(self) -> tuple[Capsule, ...]:
        """One for each link, and one for the tool if it is longer than thick."""
        origin = (0.0, 0.0, 0.0)
        radii = (0.06, 0.06, 0.06, 0.055, 0.055, 0.055)
        links = [Capsule(i, origin, OFFSETS[i + 1], r) for i, r in enumerate(radii)]
        links.append(Capsule(6, origin, (0.0, 0.0, -0.03), 0.075))
        length = hypot(*self.arm.tool)
        if length > self.arm.tool_radius:
            x, y, z = self.arm.tool
            back = -self.arm.tool_radius / length  # its round end at the tool's point
            tip = (back * x, back * y, back * z)
            links.append(Capsule(7, (-x, -y, -z), tip, self.arm.tool_radius))
        return tuple(links)

    def centres(self, frames: Array) -> Array:
        """Centres of the spheres that cover it, (n, 3), from (8, 4, 4) of the links."""
        links, local, _ = self._cover
        made: Array = np.einsum("nij,nj->ni", frames[links, :3, :3], local)
        return made + frames[links, :3, 3]

    @property
    def radii(self) -> Array:
        """Radii of those spheres, (n,) [m]."""
        return self._cover.radii

    def clearance(self, frames: Array, scene: Scene) -> float:
        """The least distance [m] of any part to any obstacle; infinite without one."""
        if not scene.spheres and not scene.boxes:
            return float("inf")
        return float((scene.distance(self.centres(frames)) - self.radii).min())

    @cached_property
    def _cover(self) -> Cover:
        return cover_of(self.capsules)


def cover_of(capsules: Sequence[Capsule], gap: float = GAP) -> Cover:
    """The spheres that cover capsules, their centres at most 2 `gap` [m] apart."""
    links, centres, radii = [], [], []
    for link, a, b, radius in capsules:
        length = hypot(*(p - o for o, p in zip(a, b, strict=True)))
        n = ceil(length / (2 * gap)) + 1
        centres.append(np.linspace(a, b, n))
        links += [link] * n
        radii += [hypot(radius, length / (n - 1) / 2)] * n
    return Cover(np.array(links), np.concatenate(centres), np.array(radii))

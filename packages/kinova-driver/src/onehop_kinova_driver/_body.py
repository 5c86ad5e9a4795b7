"""The body of the arm, for what it may come close to: a capsule for each link.

A capsule is what is within r of the segment from a to b. Spheres about points of the
segment at most 2 h apart cover it if their radii are sqrt(r^2 + h^2); so the least
distance of those spheres to a scene is never more than that of the capsules, and at
most sqrt(r^2 + h^2) - r less (5 mm here).

The radii are generous round numbers for the outlines of the links, the camera at the
wrist included. They have not been held against Kinova's meshes.

To itself the arm is as far as its capsules are: their segments' distance less both
radii. Of the chain of parts (pedestal, links 0 ... 6, tool) those up to two apart are
left out, and the forearm (3) with the bracelet (6): between them lies one joint that
bends (2, 4 or 6) at most, so that its range alone keeps them from each other, and
capsules this generous overlap in every posture, or at the end of that range. All others
are clear of each other in at least 98 of 100 postures within the ranges.
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
from ._segments import segment_distance

__all__ = ["Body", "Capsule", "Cover", "cover_of"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

GAP = 0.025
"""h: half of what the centres on a segment are apart at most [m]."""
WRIST = 5
"""The first link that lies on the axis of the tool."""
PEDESTAL = 0.075
"""Radius of the capsule from the floor to the first joint [m]."""
APART = 3
"""Parts of the chain may touch that are at least so many places apart,"""
NEVER = (3, 6)
"""but these two links."""


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

    links: Index
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

    def hand(self, frames: Array) -> tuple[Array, Array]:
        """What keeps its place from the tool while the tool's rotation stays.

        The axes of the wrist's last link and of what follows go through the tool.

        Returns:
            Where the centres of those spheres are from the tool, (m, 3) [m], and their
            radii, (m,) [m].
        """
        at = self._cover.links >= WRIST
        return self.centres(frames)[at] - frames[7, :3, 3], self.radii[at]

    def self_clearance(self, frames: Array) -> float:
        """The least distance [m] of any two parts that may touch, from (8, 4, 4)."""
        links, local, one, other, radii = self._pairs
        parts = np.empty((len(links) + 1, 2, 3))  # where each begins, and its way
        parts[0] = (0.0, 0.0, 0.0), OFFSETS[0]
        parts[1:] = local @ frames[links, :3, :3].transpose(0, 2, 1)
        parts[1:, 0] += frames[links, :3, 3]
        first, second = parts[one].swapaxes(0, 1), parts[other].swapaxes(0, 1)
        return float((segment_distance(*first, *second) - radii).min())

    @cached_property
    def _pairs(self) -> tuple[Index, Array, Index, Index, Array]:
        """Links, ends a and b - a of the capsules; parts and both radii of the pairs.

        Part 0 is the pedestal, part i + 1 is link i.
        """
        links = np.array([capsule.link for capsule in self.capsules])
        local = np.array([(capsule.a, capsule.b) for capsule in self.capsules])
        local[:, 1] -= local[:, 0]
        radii = np.array([PEDESTAL, *(capsule.radius for capsule in self.capsules)])
        one, other = np.triu_indices(len(radii), APART)
        meet = (one != NEVER[0] + 1) | (other != NEVER[1] + 1)
        one, other = one[meet], other[meet]
        return links, local, one, other, radii[one] + radii[other]

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

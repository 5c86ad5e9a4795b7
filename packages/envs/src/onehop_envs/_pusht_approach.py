"""Ways round the T: how the agent gets to where a push starts without touching it.

Nodes lie `CLEARANCE` from the outline all the way round; two nodes that see each other
are joined, and shortest ways between all pairs are found once, in the frame of the T.
A way leads from the agent straight to a node, over nodes, and straight to its end.

References:
    | Algorithm 97: Shortest Path (Floyd, 1962)
    | An algorithm for planning collision-free paths among polyhedral obstacles
    | (Lozano-Pérez & Wesley, 1979), the visibility graph
"""

from __future__ import annotations

from math import atan2, pi

import numpy as np
from numpy.typing import NDArray

from ._pusht_physics import WORLD
from ._pusht_quasistatic import CORNERS, NORMALS, Array, nearest, rotated

__all__ = ["CLEARANCE", "Approach"]

CLEARANCE = 25.0  # of the nodes; the agent's radius is 15 [px]
_ENOUGH = 21.0  # between nodes, where the way may cut a corner [px]
_SPACING = 15.0  # of the nodes along an edge [px]
_SAMPLES = 24  # of the clearance along a segment
_BLOCKED = 1e4  # stands for infinity and still tells near from far [px]
_MARGIN = 8.0  # of nodes to the border of the world [px]


class Approach:
    """Ways from anywhere to fixed local points `ends` (C, 2) around the T."""

    def __init__(self, ends: Array) -> None:
        self._nodes = nodes = _ring()
        self._ends = ends
        gaps = np.linalg.norm(nodes[:, None] - nodes, axis=-1)
        joined = _sees(nodes, nodes)
        self._edges = np.where(joined | joined.T, gaps, np.inf)
        links = np.linalg.norm(ends[:, None] - nodes, axis=-1)
        self._links = np.where(_sees(ends, nodes), links, links + _BLOCKED).T
        self._lengths, _ = _shortest(self._edges)
        self._onward = (self._lengths[:, :, None] + self._links[None]).min(axis=1)

    def lengths(self, pose: Array, agent: Array) -> Array:
        """Lengths of the ways to each end, (B, C) [px], in B scenes.

        The border of the world is not looked at.

        Args:
            pose: Of the T (B, 3).
            agent: Where the ways start (B, 2) [px].
        """
        local = rotated(-pose[:, 2], agent - pose[:, :2])
        ways: Array = self._first(local)[:, :, None] + self._onward
        return np.asarray(ways.min(axis=1))

    def way(self, pose: Array, agent: Array, end: int) -> list[Array]:
        """Points [px] of the way in the world, its end last, the agent left out.

        Args:
            pose: Of the T (3,).
            agent: Where the way starts (2,) [px].
            end: Index into the ends.
        """
        world = pose[:2] + rotated(pose[2], self._nodes)
        outside = ~((world > _MARGIN) & (world < WORLD - _MARGIN)).all(axis=1)
        toll = np.where(outside, 0.3 * _BLOCKED, 0.0)
        lengths, following = _shortest(self._edges + toll)
        local = rotated(-pose[2], agent - pose[:2])
        first, last = self._first(local[None])[0] + toll, self._links[:, end]
        total = first[:, None] + lengths + last
        node, goal = np.unravel_index(total.argmin(), total.shape)
        points = [local, self._nodes[node]]
        while node != goal:
            node = following[node, goal]
            points.append(self._nodes[node])
        points = _straightened([*points, self._ends[end]])
        way = [pose[:2] + rotated(pose[2], point) for point in points[1:]]
        return [np.clip(point, 0.0, WORLD) for point in way]

    def _first(self, local: Array) -> Array:
        """Length of the straight way from local points (B, 2) to each node, (B, n)."""
        direct = np.linalg.norm(local[:, None] - self._nodes, axis=-1)
        return np.asarray(direct + np.where(_sees(local, self._nodes), 0.0, _BLOCKED))


def _ring() -> Array:
    """Local points (n, 2) at `CLEARANCE` along edges and round outer corners."""
    points: list[Array] = []
    for i, (corner, normal) in enumerate(zip(CORNERS, NORMALS, strict=True)):
        edge = CORNERS[(i + 1) % len(CORNERS)] - corner
        n = round(np.hypot(*edge) / _SPACING)
        points += [corner + (k + 0.5) / n * edge + CLEARANCE * normal for k in range(n)]
        before = NORMALS[i - 1]
        if before[0] * normal[1] - before[1] * normal[0] > 0.0:
            start = atan2(before[1], before[0])
            for angle in (start, start + pi / 4, start + pi / 2):
                arm = np.array([np.cos(angle), np.sin(angle)])
                points.append(corner + CLEARANCE * arm)
    ring = np.array(points)
    return ring[nearest(ring).clearance > _ENOUGH]


def _sees(start: Array, end: Array) -> NDArray[np.bool_]:
    """Whether the straight way from (B, 2) to (n, 2) keeps clear of the T, (B, n).

    A start that is nearer to the T than is wanted must not come nearer still.
    """
    t = np.linspace(0.0, 1.0, _SAMPLES)[:, None, None, None]
    points = start[:, None] + t * (end - start[:, None])
    clearance = nearest(points.reshape(-1, 2)).clearance.reshape(points.shape[:-1])
    wanted = np.minimum(_ENOUGH, clearance[0] - 0.5)
    return np.asarray((clearance >= wanted).all(axis=0))


def _straightened(points: list[Array]) -> list[Array]:
    """Leave out points that are not needed to keep clear."""
    kept = [points[0]]
    rest = points[1:]
    while rest:
        seen = _sees(kept[-1][None], np.array(rest))[0].nonzero()[0]
        i = int(seen[-1]) if len(seen) else 0
        kept.append(rest[i])
        rest = rest[i + 1 :]
    return kept


def _shortest(edges: Array) -> tuple[Array, NDArray[np.int64]]:
    """Lengths of shortest ways between all nodes, and the next node on each."""
    n = len(edges)
    lengths, following = edges.copy(), np.tile(np.arange(n), (n, 1))
    np.fill_diagonal(lengths, 0.0)
    for k in range(n):
        through = lengths[:, k : k + 1] + lengths[k]
        better = through < lengths - 1e-9
        lengths = np.where(better, through, lengths)
        following = np.where(better, following[:, k : k + 1], following)
    return lengths, following

"""Straight pushes against the T: where they can start and what comes of them.

A push starts a little off the outline, goes straight on through a contact point at some
angle to the edge's normal, and stops where stopping is best: where the steps it took
and the steps that are then still to go add up to the least.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._pusht_approach import Approach
from ._pusht_physics import AGENT_RADIUS, WORLD
from ._pusht_progress import distance, steps_to_go
from ._pusht_quasistatic import CORNERS, NORMALS, Array, nearest, pushed, rotated

__all__ = ["SPEED", "PushSearch", "Pushes"]

SPEED = 14.0  # of the target [px per control step]
_GAP = 10.0  # from where a push starts to where it touches [px]
_STRIDE = 3.0  # of the simulated push [px]
_LONGEST = 150.0  # push [px]
_SETTLING = 7.0  # what slowing down at both ends of a push costs [control steps]
_CORNERED = 50.0  # what shoving the T against a wall costs [control steps]
_MARGIN = 12.0  # of a push's start to the border of the world [px]


class Pushes(NamedTuple):
    """Pushes and what comes of each; P of them, `count` for each of B scenes in turn.

    Attributes:
        steps: Control steps for the way there and the push; infinite if it cannot be
            done or moves nothing (P,).
        to_go: Guess of the control steps to the goal afterwards (P,).
        pose: Of the T afterwards (P, 3).
        start: Where the agent starts to push (P, 2) [px].
        end: Where it stops (P, 2) [px].
    """

    steps: Array
    to_go: Array
    pose: Array
    start: Array
    end: Array


class PushSearch:
    """All pushes of some fixed set, for many scenes at once.

    Args:
        spacing: Of contact points along an edge [px].
        angles: Of pushes to the edge's normal [rad].
    """

    def __init__(self, spacing: float, angles: tuple[float, ...]) -> None:
        self._starts, self._headings = _candidates(spacing, angles)
        self.approach = Approach(self._starts)

    @property
    def count(self) -> int:
        """How many pushes are looked at in each scene."""
        return len(self._starts)

    def __call__(self, pose: Array, agent: Array) -> Pushes:
        """Try every push in scenes with the T at (B, 3) and the agent at (B, 2)."""
        way = self.approach.lengths(pose, agent).ravel()
        before = np.repeat(pose, self.count, axis=0)
        turn = before[:, 2]
        start = before[:, :2] + rotated(turn, np.tile(self._starts, (len(pose), 1)))
        heading = rotated(turn, np.tile(self._headings, (len(pose), 1)))
        after, length, to_go = _best_stops(before, start, heading)
        steps = way / SPEED + length / SPEED + _SETTLING
        steps += np.where(_cornered(after) & ~_cornered(before), _CORNERED, 0.0)
        steps[np.isinf(to_go)] = np.inf
        return Pushes(steps, to_go, after, start, start + heading * length[:, None])


def _candidates(spacing: float, angles: tuple[float, ...]) -> tuple[Array, Array]:
    """Local starts and unit headings (C, 2) of the pushes that have room to start."""
    contacts, normals = [], []
    for corner, edge, normal in zip(
        CORNERS, np.roll(CORNERS, -1, axis=0) - CORNERS, NORMALS, strict=True
    ):
        n = max(1, round(np.hypot(*edge) / spacing))
        contacts += [corner + (k + 0.5) / n * edge for k in range(n)]
        normals += [normal] * n
    touching = np.array(contacts) + AGENT_RADIUS * np.array(normals)
    headings = np.concatenate([-rotated(angle, np.array(normals)) for angle in angles])
    starts = np.tile(touching, (len(angles), 1)) - _GAP * headings
    free = nearest(np.tile(touching, (len(angles), 1))).clearance > AGENT_RADIUS - 0.1
    free &= nearest(starts).clearance > AGENT_RADIUS + 2.0
    return starts[free], headings[free]


def _best_stops(
    before: Array, start: Array, heading: Array
) -> tuple[Array, Array, Array]:
    """Pose (P, 3), length of push (P,) and steps to go (P,), infinite if none, at best.

    A push is given up once it has become much worse than it was or leaves the world.
    """
    best, to_go = np.full(len(before), np.inf), np.full(len(before), np.inf)
    after, length = before.copy(), np.zeros(len(before))
    inside = (start > _MARGIN) & (start < WORLD - _MARGIN)
    rows = np.flatnonzero(np.all(inside, axis=1))
    far = distance(before) + 8.0
    pose = before[rows]
    for way in np.arange(_GAP - _STRIDE, _LONGEST, _STRIDE):
        agent = start[rows] + heading[rows] * way
        pose = pushed(pose, agent)
        left = steps_to_go(pose)
        moved = np.abs(pose - before[rows]).max(axis=1) > 0.02
        allowed = moved & ((agent > 3.0) & (agent < WORLD - 3.0)).all(axis=1)
        cost = np.where(allowed, left + way / SPEED, np.inf)
        better = cost < best[rows]
        at = rows[better]
        best[at], to_go[at] = cost[better], left[better]
        after[at], length[at] = pose[better], way
        hopeful = (distance(pose) < far[rows]) & (cost <= best[rows] + 3.0)
        rows, pose = rows[hopeful], pose[hopeful]
    return after, length, to_go


def _cornered(pose: Array) -> NDArray[np.bool_]:
    """Whether a T at (B, 3) sticks into a wall."""
    corners = pose[:, None, :2] + rotated(pose[:, 2:], CORNERS)
    inside = (corners > 8.0) & (corners < WORLD - 9.0)
    return np.asarray(~inside.all(axis=(1, 2)))

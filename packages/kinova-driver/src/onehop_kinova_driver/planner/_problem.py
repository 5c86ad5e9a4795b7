"""Problems: lead a tool from one side to the other, past what stands between.

Start and goal are drawn on opposite sides of the plane y = 0; two spheres and a
standing box near it, the first sphere about where the straight line goes through. The
tool points forward, as it does at home, from start to goal.

What is drawn is drawn again

- if the arm cannot stand at the start and at the goal, with a tenth of each limit to
  spare (`_standing`),
- if the plane is walled up: of straight ways through it, 0.2 m long, at heights and
  distances 5 and 3 cm apart, on which the arm stands well, too few are clear.

So a problem is a function of its number. Nothing is planned to find it: whether it has
a solution is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import hypot

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, number, whole

from .._gen3 import GRIPPER, HOME, Gen3, joints_of
from .._rotations import Quat, Vec3, to_matrix
from .._scene import Box, Scene, Sphere
from .._values import Joints
from ._batched_kinematics import Frames, follow, frames_of
from ._obstacles import obstacles_of
from ._standing import CLEARANCE, clear_of, stand

__all__ = ["Problem", "problem"]

Array = NDArray[np.float64]

LOW, HIGH = (0.35, 0.15, 0.15), (0.62, 0.35, 0.45)
"""Start and goal are between these, their y of opposite signs [m]."""
SPARE = 0.1
"""The share of the limits that is to spare."""
OPEN = 3
"""So many ways through the plane are clear at least."""
DRAWS = 10_000
"""After so many it is given up."""
LONGEST = 2**63 - 1
"""The largest seed."""


@dataclass(frozen=True)
class Problem:
    """Where a tool is to go, and what is in the way.

    Attributes:
        seed: The problem's number; the planner draws from it too.
        start: Angles of the joints at the start [rad].
        goal: Where the tool is to go [m].
        quat: The tool's rotation, from start to goal.
        scene: What is in the way.

    Raises:
        BadInput: if a number is missing or not finite, or the rotation none.
    """

    seed: int
    start: Joints
    goal: Vec3
    quat: Quat
    scene: Scene

    def __post_init__(self) -> None:
        whole(self.seed, "seed", 0, LONGEST)
        for name, count in (("start", 7), ("goal", 3), ("quat", 4)):
            value = getattr(self, name)
            if len([number(x, name) for x in value]) != count:
                raise BadInput(f"{name}: expected {count} numbers, got {value!r:.200}")
        if abs(hypot(*self.quat) - 1) > 1e-6:
            raise BadInput(f"quat: expected length 1, got {self.quat}")


def problem(seed: int, arm: Gen3 = GRIPPER) -> Problem:
    """The problem of a number.

    Args:
        seed: The number, from 0 on.
        arm: Whose tool is to go.

    Raises:
        BadInput: if it is no such number, or the arm hardly reaches anywhere.
    """
    rng = np.random.default_rng(whole(seed, "seed", 0, LONGEST))
    quat = arm.pose(HOME)[1]
    for _ in range(DRAWS if _through(arm).p.shape[-1] >= OPEN else 0):
        start, goal, scene = _drawn(rng)
        if _open(arm, scene) < OPEN:
            continue
        if _joints(arm, goal, quat, scene) is None:
            continue
        found = _joints(arm, start, quat, scene)
        if found is not None:
            return Problem(seed, found, goal, quat, scene)
    raise BadInput(f"arm: expected one that reaches from side to side, got {arm}")


def _drawn(rng: np.random.Generator) -> tuple[Vec3, Vec3, Scene]:
    """Start, goal and scene, as they come."""
    side = rng.choice((-1.0, 1.0))
    a, b = rng.uniform(LOW, HIGH, (2, 3)) * ((1, side, 1), (1, -side, 1))
    through = a + (b - a) * a[1] / (a[1] - b[1])
    first = through + rng.uniform(-0.05, 0.05, 3)
    second = rng.uniform((0.45, -0.08, 0.1), (0.72, 0.08, 0.5))
    r_1, r_2 = rng.uniform(0.04, 0.08, 2).tolist()
    half = rng.uniform((0.03, 0.03, 0.05), (0.06, 0.06, 0.15))
    x, y = rng.uniform((0.45, -0.08), (0.72, 0.08)).tolist()
    spheres = Sphere(_vec3(first), r_1), Sphere(_vec3(second), r_2)
    box = Box((x, y, float(half[2])), _vec3(half))
    return _vec3(a), _vec3(b), Scene(spheres, (box,))


def _vec3(x: Array) -> Vec3:
    a, b, c = x.tolist()
    return a, b, c


def _joints(arm: Gen3, pos: Vec3, quat: Quat, scene: Scene) -> Joints | None:
    """Joints, as near to home as may be, that stand well with the tool at a place."""
    found = arm.inverse(HOME, pos, quat, 30)
    if max(found.position_error, found.rotation_error) > 1e-5:
        return None
    standing = stand(arm, found.q[:, None, None], obstacles_of([scene]))
    return joints_of(found.q) if standing.good(SPARE).all() else None


def _open(arm: Gen3, scene: Scene) -> int:
    """How many of the ways through the plane y = 0 are clear."""
    frames = _through(arm)
    obstacles = obstacles_of([scene]).repeated(frames.p.shape[-1])
    clear = clear_of(arm, frames, obstacles) >= (1 + SPARE) * CLEARANCE
    return int(clear.all(0).sum())


@lru_cache(maxsize=8)
def _through(arm: Gen3) -> Frames:
    """The arm at three places on each of the ways on which it stands well, (..., 3, B).

    It comes from home, and goes from y = -0.1 m to 0.1 m.
    """
    home, quat = arm.pose(HOME)
    x, z = (part.ravel() for part in np.meshgrid(*GRID))
    begin, end = (np.stack([x, np.full(x.size, y), z]) for y in (-0.1, 0.1))
    there = np.linspace(np.tile(home, (x.size, 1)).T, begin, 30, axis=1)
    across = np.linspace(begin, end, 13, axis=1)
    start = np.tile(HOME, (x.size, 1)).T
    axes = np.repeat(np.array(to_matrix(quat)).T[..., None], x.size, -1)
    q = follow(arm, start, np.concatenate([there, across], 1), axes)[:, [30, 36, 42]]
    nothing = obstacles_of([Scene()]).repeated(x.size)
    return frames_of(arm, q[..., stand(arm, q, nothing).good(SPARE).all(0)])


GRID = np.linspace(0.54, 0.72, 7), np.linspace(0.08, 0.53, 10)
"""Distances x and heights z of ways through the plane y = 0 [m]."""

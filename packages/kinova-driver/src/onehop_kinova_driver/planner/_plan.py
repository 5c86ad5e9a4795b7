"""Plans: for each problem a motion of the joints that has been checked.

1. Of many ways of the tool the cheapest that are apart are taken (`_bumps`).
2. Each is made smooth and clear of obstacles (`_descent`).
3. The arm is led along it, and a spline is laid through its joints.
4. The arm is led anew along where that spline's tool is, as a controller does that
   inverts poses. Where it stands then, at four times the samples of the descent, has
   to be good (`_standing`), its tool near to the way and in the workspace. The rotation
   of the spline's own tool stays within 3 degrees.

The cheapest that passes is the plan. Problems are planned many at a time, but none
depends on the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import whole

from .._gen3 import GRIPPER, Gen3
from .._rotations import to_matrix
from ._batched_kinematics import follow, frames_of
from ._bumps import candidates, chosen
from ._cost import Cost, outside
from ._descent import descended
from ._joint_path import JointPath
from ._nearby import Arms
from ._obstacles import obstacles_of
from ._pace import PACE, Pace, duration
from ._problem import Problem
from ._spline import basis, fit
from ._standing import stand

__all__ = ["plan", "ways"]

Array = NDArray[np.float64]

BATCH = 64
"""Problems at a time."""
CANDIDATES = 8
"""Ways to begin with, for each that is taken."""
DENSER = 4
"""Samples that are checked, for each of the descent."""
POINTS = 20
"""Control points of a motion."""
TURN = radians(3)
"""By how much the tool's rotation may be off."""
NEAR = 2e-3
"""How far the arm that is led anew may be from where the tool was planned [m]."""


def plan(
    problems: Sequence[Problem],
    arm: Gen3 = GRIPPER,
    seeds: int = 4,
    pace: Pace = PACE,
) -> list[JointPath | None]:
    """For each problem the cheapest motion that passes; None if none does.

    Args:
        problems: What is to be planned.
        arm: Whose joints.
        seeds: Ways that are tried for each problem.
        pace: How fast the motion may be.

    Raises:
        BadInput: if `seeds` is none from 1 to 64.
    """
    found = _found(problems, arm, seeds, pace, 1)
    return [paths[0] if paths else None for paths in found]


def ways(
    problem: Problem, arm: Gen3 = GRIPPER, seeds: int = 4, pace: Pace = PACE
) -> list[JointPath]:
    """All motions that pass of those that are tried for a problem, cheapest first.

    The arguments are those of `plan`, which gives the first.
    """
    return next(_found([problem], arm, seeds, pace, seeds))


def _found(
    problems: Sequence[Problem], arm: Gen3, seeds: int, pace: Pace, most: int
) -> Iterator[list[JointPath]]:
    """For each problem no more than so many motions that pass."""
    whole(seeds, "seeds", 1, 64)
    cost = Cost(arm)
    for i in range(0, len(problems), BATCH):
        batch = problems[i : i + BATCH]
        arms = _arms(batch)
        p, order = _tried(batch, arms, cost, seeds)
        for points in _passing(p, order, arms.repeated(seeds), cost, most):
            yield [JointPath(each, duration(arm, each, pace), arm) for each in points]


def _arms(problems: Sequence[Problem]) -> Arms:
    start = np.array([p.start for p in problems], float).T
    axes = np.array([to_matrix(p.quat) for p in problems]).T
    return Arms(start, axes, obstacles_of([p.scene for p in problems]))


def _tried(
    problems: Sequence[Problem], arms: Arms, cost: Cost, seeds: int
) -> tuple[Array, NDArray[np.intp]]:
    """Ways, (3, n, B seeds) [m], and the order of each problem's, (B, seeds)."""
    many = arms.repeated(seeds)
    p = descended(_begun(problems, arms, cost, seeds), many, cost)
    each, _ = cost(p, cost.near(p, many), many.obstacles)
    return p, each.reshape(-1, seeds).argsort(1, kind="stable")


def _begun(problems: Sequence[Problem], arms: Arms, cost: Cost, seeds: int) -> Array:
    """Ways to begin with, (3, n, B seeds) [m]; ranked by half the samples."""
    count, n = CANDIDATES * seeds, cost.points
    starts = frames_of(cost.arm, arms.start).p[7].T.tolist()
    each = [
        candidates(p.seed, start, p.goal, n, count)
        for p, start in zip(problems, starts, strict=True)
    ]
    rough, many = replace(cost, samples=cost.samples // 2), arms.repeated(count)
    p = np.concatenate(each).T
    ranks, _ = rough(p, rough.near(p, many), many.obstacles)
    ranked = zip(each, ranks.reshape(-1, count), strict=True)
    return np.concatenate([ways[chosen(ways, r, seeds)] for ways, r in ranked]).T


def _passing(
    p: Array, order: NDArray[np.intp], arms: Arms, cost: Cost, most: int
) -> list[list[Array]]:
    """For each problem no more than so many motions that pass, (n, 7) [rad] each."""
    found: list[list[Array]] = [[] for _ in order]
    for rank in range(order.shape[1]):
        left = [i for i, made in enumerate(found) if len(made) < most]
        if not left:
            break
        at = np.array([i * order.shape[1] + order[i, rank] for i in left])
        for i, points in zip(
            left, _checked(p[..., at], arms.of(at), cost), strict=True
        ):
            if points is not None:
                found[i].append(points)
    return found


def _checked(p: Array, arms: Arms, cost: Cost) -> list[Array | None]:
    """Of each way of the tool, (3, n, B) [m], the motion, if it passes."""
    samples = DENSER * cost.samples
    s = np.linspace(0, 1, samples)
    x = basis(cost.points, s) @ p
    q = follow(cost.arm, arms.start, x, arms.axes, 3)
    q[:, 0] = arms.start
    points = fit(POINTS, samples) @ q
    laid = frames_of(cost.arm, basis(POINTS, s) @ points)
    led = follow(cost.arm, arms.start, laid.p[7], arms.axes, 3)
    good = stand(cost.arm, led, arms.obstacles).good()
    good &= _kept(laid[:3], arms.axes)
    good &= np.linalg.norm(frames_of(cost.arm, led).p[7] - x, axis=0) < NEAR
    good &= (outside(x, cost.workspace) == 0).all(0)
    bad = set(np.nonzero(~good)[1].tolist())
    return [None if b in bad else made.copy() for b, made in enumerate(points.T)]


def _kept(axes: Sequence[Array], wanted: Array) -> NDArray[np.bool_]:
    """Where tools are turned by little: the trace of R^T R* is 1 + 2 cos(angle)."""
    pairs = zip(axes, wanted, strict=True)
    trace = sum((a[7] * b[:, None]).sum(0) for a, b in pairs)
    return np.asarray(trace > 1 + 2 * cos(TURN))

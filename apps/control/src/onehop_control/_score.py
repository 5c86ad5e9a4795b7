"""What a plan is worth: keep clear, get on, do not hurry, do not change one's mind.

A plan p of H rows costs

    a max(0, m - c) + b |p_H - g| + e sum_j |p_j+1 - p_j|^2 + s mean_j |p_j - l_j|^2

with the least clearance c of its rows from the scene, less the tool's radius, a margin
m, the goal g, and the last plan l, shifted to now, if there is one. The score is that
with the sign turned. The last term keeps a choice that is made anew twenty times a
second from going to and fro between the two sides of an obstacle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onehop_interfaces.options import NonNegative
from onehop_kinova_driver import Scene

from ._contract import Array, Vec3

__all__ = ["Weights", "clearances", "scores"]


@dataclass(frozen=True)
class Weights:
    """What counts how much.

    Attributes:
        margin: m: what is nearer than that costs [m].
        near: a: of what is missing to the margin [1/m].
        goal: b: of the distance that is left [1/m].
        effort: e: of the squared steps [1/m^2].
        switch: s: of the squared distance to the last plan [1/m^2].
    """

    margin: NonNegative = 0.07
    near: NonNegative = 10.0
    goal: NonNegative = 1.0
    effort: NonNegative = 10.0
    switch: NonNegative = 20.0


def clearances(plans: Array, scene: Scene, radius: float) -> Array:
    """The least clearance (n,) [m] of plans (n, H, 3) of a tool of that radius [m]."""
    n, rows, _ = plans.shape
    distance = scene.distance(plans.reshape(-1, 3)).reshape(n, rows)
    least: Array = distance.min(1) - radius
    return least


def scores(
    plans: Array,
    last: Array | None,
    goal: Vec3,
    scene: Scene,
    radius: float,
    weights: Weights,
) -> Array:
    """What plans (n, H, 3) of finite numbers are worth, (n,).

    Args:
        plans: The candidates [m].
        last: The last plan, shifted to now, (H, 3) [m]; None if there is none.
        goal: g [m].
        scene: What is in the way.
        radius: Of the tool [m].
        weights: Of the terms.
    """
    short = np.maximum(0.0, weights.margin - clearances(plans, scene, radius))
    left = np.linalg.norm(plans[:, -1] - goal, axis=1)
    steps = np.diff(plans, axis=1)
    cost = weights.near * short + weights.goal * left
    cost += weights.effort * np.einsum("nji,nji->n", steps, steps)
    if last is not None:
        apart = plans - last
        square = np.einsum("nji,nji->n", apart, apart) / plans.shape[1]
        cost += weights.switch * square
    value: Array = -cost
    return value

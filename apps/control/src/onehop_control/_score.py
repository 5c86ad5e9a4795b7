"""What a plan is worth: keep clear, get on, do not hurry, do not change one's mind.

A plan p of H rows costs

    a max(0, m - c) + b |p_H - g| + e sum_j |p_j+1 - p_j|^2 + s mean_j |p_j - l_j|^2

with the least clearance c of the hand from the scene, a margin m, the goal g, and the
last plan l, shifted to now, if there is one. The score is that with the sign turned.
The last term keeps a choice that is made anew twenty times a second from going to and
fro between the two sides of an obstacle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from onehop_interfaces.options import NonNegative
from onehop_kinova_driver import Scene, Vec3

from ._contract import Array

__all__ = ["Hand", "Weights", "clearances", "scores"]

EVERY = 4
"""Of the rows, one in so many is looked at: two centimetres lie between at most."""


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

    margin: NonNegative = 0.06
    near: NonNegative = 10.0
    goal: NonNegative = 1.0
    effort: NonNegative = 10.0
    switch: NonNegative = 20.0


class Hand(NamedTuple):
    """What goes where the tool goes, as spheres.

    With a rotation that is kept that is half a forearm: a plan that leads the tool past
    an obstacle and the wrist into it is no plan.

    Attributes:
        offsets: From the tool to the centres, (m, 3) [m].
        radii: (m,) [m].
    """

    offsets: Array
    radii: Array


def clearances(plans: Array, scene: Scene, hand: Hand) -> Array:
    """The least clearance (n,) [m] of plans (n, H, 3), by each fourth row."""
    rows = np.concatenate((plans[:, :-1:EVERY], plans[:, -1:]), 1)
    points = rows[:, :, None] + hand.offsets
    distance = scene.distance(points.reshape(-1, 3)).reshape(points.shape[:-1])
    least: Array = (distance - hand.radii).min((1, 2))
    return least


def scores(
    plans: Array,
    last: Array | None,
    goal: Vec3,
    scene: Scene,
    hand: Hand,
    weights: Weights,
) -> Array:
    """What plans (n, H, 3) of finite numbers are worth, (n,).

    Args:
        plans: The candidates [m].
        last: The last plan, shifted to now, (H, 3) [m]; None if there is none.
        goal: g [m].
        scene: What is in the way.
        hand: What goes where the tool goes.
        weights: Of the terms.
    """
    short = np.maximum(0.0, weights.margin - clearances(plans, scene, hand))
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

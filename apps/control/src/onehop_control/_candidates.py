"""Choosing among candidates, the last plan among them.

What was planned is a candidate again, shifted by the rows that have passed since, its
last row repeated: without it the plan that is carried out would be forgotten twenty
times a second. A plan that is not of finite numbers, or whose first row lies outside
the box that the tool stays in, is never chosen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onehop_kinova_driver import Scene, Vec3, Workspace

from ._contract import Array
from ._score import Hand, Weights, scores

__all__ = ["SWITCH", "Chosen", "Situation", "choose", "fit", "mean_apart", "shifted"]

SWITCH = 0.03
"""Plans that are so far apart in the mean go different ways [m]."""
FAR = 10.0
"""No number of a plan is that large [m]."""


class Situation(NamedTuple):
    """What plans are judged by.

    Attributes:
        goal: Where the tool is to be [m].
        scene: What is in the way.
        hand: What goes where the tool goes.
        box: What the tool stays in.
    """

    goal: Vec3
    scene: Scene
    hand: Hand
    box: Workspace


class Chosen(NamedTuple):
    """What was chosen.

    Attributes:
        number: Its place among the candidates.
        plan: (H, 3) [m].
        scores: Of all candidates, (n,); minus infinity for what is never chosen.
    """

    number: int
    plan: Array
    scores: Array


def shifted(plan: Array, rows: int) -> Array:
    """A plan (H, 3) so many rows later, its last row repeated."""
    at = np.minimum(np.arange(len(plan)) + rows, len(plan) - 1)
    return plan[at]


def mean_apart(a: Array, b: Array) -> float:
    """How far apart two plans are, in the mean over their rows [m]."""
    return float(np.linalg.norm(a - b, axis=1).mean())


def fit(plans: Array, box: Workspace) -> NDArray[np.bool_]:
    """Whether plans (n, H, 3) may be chosen, (n,)."""
    finite = (np.abs(plans) <= FAR).all((1, 2))  # NaN is not
    first = plans[:, 0]
    inside = ((first >= box.low) & (first <= box.high)).all(1)
    return np.asarray(finite & inside, np.bool_)


def choose(
    plans: Array, last: Array | None, there: Situation, weights: Weights
) -> Chosen | None:
    """The plan of the highest score, the first of equal ones; None if none is fit.

    Args:
        plans: The candidates (n, H, 3) [m].
        last: What they are held against, (H, 3): the last plan, shifted to now.
        there: Goal, obstacles, tool.
        weights: Of the score's terms.
    """
    good = fit(plans, there.box)
    if not good.any():
        return None
    sound = np.where(good[:, None, None], plans, 0.0)
    value = scores(sound, last, there.goal, there.scene, there.hand, weights)
    value = np.where(good, value, -np.inf)
    number = int(np.argmax(value))
    return Chosen(number, plans[number], value)

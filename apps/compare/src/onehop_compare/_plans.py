"""Plans of all policies from one observation, in a plane.

The plane is the one in which the plans of the teacher vary most: its first two
principal components, with the numbers of a plan in standard deviations of the
teacher's. What the teacher plans lies grey behind what each policy does; explained is
the share of the teacher's variance that is in the plane.

References:
    | The paper of Dynamic Neural Koopman distillation shows candidates so, figure 4
    | https://arxiv.org/abs/2605.24924
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onehop_evaluate import Conditions, Row, drawn_plans, save
from onehop_interfaces import Policy

from ._panels import panels

__all__ = ["draw_plans", "plane"]

PLANS = 256


def draw_plans(rows: Sequence[Row], conditions: Conditions, path: Path) -> None:
    """A panel per row that plans as the first, the teacher with all its steps."""
    chunk = rows[0].entry.policy.signature.chunk
    rows = [row for row in rows if row.entry.policy.signature.chunk == chunk]
    plans = [_plans(row.entry.policy, conditions) for row in rows]
    project, explained = plane(plans[0])
    figure, places = panels(len(rows))
    for row, own, axes in zip(rows, plans, places, strict=True):
        for shown, colour in ((plans[0], "#bbbbbb"), (own, "#cb181d")):
            x, y = project(shown).T
            axes.plot(x, y, ".", color=colour, markersize=2)
        axes.set(xticks=[], yticks=[])
        axes.set_title(row.name, fontsize=8)
    figure.supxlabel(f"explained: {explained:.2f}", fontsize=7)
    save(figure, path)


def _plans(policy: Policy, conditions: Conditions) -> NDArray[np.float64]:
    """What it plans at the first start, (PLANS, H (S + A))."""
    seen = conditions.seen(policy, 1)
    plans = drawn_plans(policy, seen, conditions.device, PLANS)[0]
    return plans.flatten(1).double().cpu().numpy()


def plane(
    plans: NDArray[np.float64],
) -> tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], float]:
    """Project onto the first two principal components of plans (N, D).

    Returns:
        The projection, (M, D) to (M, 2), and the share of the variance in the plane.
    """
    mean, std = plans.mean(0), plans.std(0)
    scale = np.where(std > 0, std, 1.0)
    _, sizes, directions = np.linalg.svd((plans - mean) / scale, full_matrices=False)
    share = float((sizes[:2] ** 2).sum() / (sizes**2).sum())
    return lambda other: (other - mean) / scale @ directions[:2].T, share

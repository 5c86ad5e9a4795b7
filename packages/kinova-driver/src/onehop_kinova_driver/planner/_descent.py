"""The way of a tool, made smooth and clear of obstacles.

Descent of the cost c of its control points P (`_cost`), by a fixed matrix: that of the
second derivatives if b spheres of hinges were touched at each sample,

    P <- P - (w_1 D^T D + w_3 D^3T D^3 + b k/S Phi^T Phi)^-1 dc/dP,

each number by no more than a step. The first two control points stay, and the last two.
Every few steps the arm follows the way anew.

References:
    | CHOMP: Covariant Hamiltonian optimization for motion planning
    | (Zucker et al., 2013), eq. (12): descent preconditioned by the smoothness
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._cost import WEIGHT, Cost
from ._nearby import Arms

__all__ = ["descended"]

Array = NDArray[np.float64]

ITERATIONS = 30
EVERY = 5
"""Steps after which the arm follows anew."""
TOUCHED = 3.0
"""b."""
STEP = 0.05
"""No control point is moved by more at a time [m]."""


def descended(p: Array, arms: Arms, cost: Cost) -> Array:
    """Control points (3, n, B) [m] of better ways than those of others."""
    square = TOUCHED * WEIGHT / cost.samples * cost.phi.T @ cost.phi
    inverse = np.linalg.inv((cost.stiffness + square)[2:-2, 2:-2])
    p = p.copy()
    for i in range(ITERATIONS):
        if i % EVERY == 0:
            near = cost.near(p, arms)
        _, slope = cost(p, near, arms.obstacles)
        p[:, 2:-2] -= np.clip(inverse @ slope[:, 2:-2], -STEP, STEP)
    return p

"""The contract of the task: what policies of the arm see, and what they plan.

Everything is in the frame of the arm's base. A policy sees, as float32, one frame of
some of

    position   (3,)    of the tool [m], as measured
    goal       (3,)    where the tool is to be at rest [m]
    obstacles  (3, 6)  two spheres and a box (centre, half of each size) [m]

and plans positions of the tool [m], (H, A) = (32, 3): with T = 0.05 s, row j is where
it is to be (L + j) T from now, L the driver's `AHEAD`. Row 0 is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, Signature

__all__ = [
    "DIMS",
    "HORIZON",
    "PERIOD",
    "SEES",
    "Array",
    "check_signature",
]

Array: TypeAlias = NDArray[np.float64]

PERIOD = 0.05
"""T: between two rows of a plan, and between two decisions [s]."""
HORIZON = 32
"""H: rows of a plan."""
DIMS = 3
"""A: numbers of a row."""
SEES: Mapping[str, tuple[int, ...]] = {
    "position": (3,),
    "goal": (3,),
    "obstacles": (3, 6),
}
"""Names and shapes of one frame."""


def check_signature(name: object, signature: Signature) -> None:
    """Refuse a policy of another task.

    Args:
        name: Whose it is, for the message.
        signature: The policy's.

    Raises:
        BadInput: naming what differs.
    """
    s = signature
    shapes = {key: tuple(shape) for key, shape in s.obs.items()}
    if not shapes.items() <= SEES.items():
        some = f"expected some of {dict(SEES)}"
        raise BadInput(f"{name}: observations: {some}, got {shapes}")
    pairs: tuple[tuple[str, object, object], ...] = (
        ("frames", 1, s.n_obs),
        ("a plan", (HORIZON, DIMS), s.chunk),
        ("the row for now", 0, s.now),
        ("numbers in an action", DIMS, s.action_dim),
    )
    for what, expected, came in pairs:
        if came != expected:
            raise BadInput(f"{name}: {what}: expected {expected}, got {came}")
    if s.period is not None and not isclose(s.period, PERIOD, rel_tol=1e-6):
        raise BadInput(f"{name}: period: expected {PERIOD} s, got {s.period}")

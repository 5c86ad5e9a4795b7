"""How long a motion takes.

One that takes T times as long has velocities 1/T, accelerations 1/T^2 of what they
were. So with the largest of each over s in [0, 1],

    T = max(max |x'| / v, sqrt(max |x''| / a), max_i max |q_i'| / w_i),

x' = J q' and x'' of the tool at samples, a little larger for what is between them, q'
by the hull of its control points (`_spline`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, number

from .._gen3 import FASTEST, Gen3
from .._values import Joints
from ._batched_kinematics import frames_of, jacobians
from ._spline import fastest, spline

__all__ = ["PACE", "Pace", "duration"]

Array = NDArray[np.float64]

SAMPLES, STEP = 129, 1e-5
"""Where the tool's velocity is looked at, and what it is differentiated by."""
BETWEEN = 1.01
"""What the largest between samples may be more than that at them."""
SHORTEST = 0.05
"""T at least [s]: one period of the gate."""


@dataclass(frozen=True)
class Pace:
    """How fast a motion may be.

    Attributes:
        speed: Of the tool [m/s]; the gate's is 0.1 and less near obstacles.
        acceleration: Of the tool [m/s^2].
        joints: Speeds of the joints [rad/s].

    Raises:
        BadInput: if one is missing or no finite number above 0.
    """

    speed: float = 0.08
    acceleration: float = 0.2
    joints: Joints = FASTEST

    def __post_init__(self) -> None:
        values = self.speed, self.acceleration, *self.joints
        if len(values) != 9 or min(number(value, "pace") for value in values) <= 0:
            raise BadInput(f"pace: expected 2 and 7 numbers above 0, got {self}")


PACE = Pace()
"""With the defaults."""


def duration(arm: Gen3, points: Array, pace: Pace) -> float:
    """T [s] of a motion with control points (n, 7) [rad]."""
    s = np.linspace(0, 1 - STEP, SAMPLES)
    v, later = (_velocity(arm, points, each) for each in (s, s + STEP))
    a = (later - v) / STEP
    speed, acceleration = (float(np.linalg.norm(u, axis=0).max()) for u in (v, a))
    return max(
        BETWEEN * speed / pace.speed,
        sqrt(BETWEEN * acceleration / pace.acceleration),
        float((fastest(points) / pace.joints).max()),
        SHORTEST,
    )


def _velocity(arm: Gen3, points: Array, s: Array) -> Array:
    """dx/ds of the tool, (3, len(s))."""
    at = spline(points)
    made: Array = (jacobians(frames_of(arm, at(s).T))[:3] * at(s, 1).T).sum(1)
    return made

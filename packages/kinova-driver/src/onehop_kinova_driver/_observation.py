"""What a policy sees of an arm and of what is in its way, and when its plan begins.

An obstacle is a row (centre, half its size along each axis) [m], its size with the
scene's margin; a sphere's half sizes are its radius three times. Spheres come first:
a policy is taught with so many of them, and so many boxes. None is told how fast the
tool is: one that was learned to go on as it went, and once at rest it stayed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._rotations import Vec3
from ._scene import Scene

__all__ = ["AHEAD", "observed"]

AHEAD = 3
"""A plan's first row is where the tool is to be so many periods from now.

It lies ahead because the gate and the controller inside the arm brake for each target,
and the arm lags: with 2, a path that is followed so takes its own time, with 3 four
fifths of it, with 1 one and a half times as long.
"""

Array = NDArray[np.float32]


def observed(pos: Vec3, goal: Vec3, scene: Scene) -> dict[str, Array]:
    """One frame, float32.

    Args:
        pos: Where the tool is [m].
        goal: Where the tool is to go [m].
        scene: What is in the way.

    Returns:
        "position" (3,) of the tool, "goal" (3,) and "obstacles" (K, 6) [m].
    """
    rows = [(*ball.centre, *3 * (ball.radius,)) for ball in scene.spheres]
    rows += [(*box.centre, *box.half) for box in scene.boxes]
    obstacles = np.array(rows, np.float32).reshape(-1, 6)
    obstacles[:, 3:] += scene.margin
    return {
        "position": np.array(pos, np.float32),
        "goal": np.array(goal, np.float32),
        "obstacles": obstacles,
    }

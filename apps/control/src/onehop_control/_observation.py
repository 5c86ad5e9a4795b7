"""What a policy of the task sees: the arm's state, the goal, the obstacles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput
from onehop_kinova_driver import ArmState, Scene

from ._contract import Vec3

__all__ = ["observed", "obstacles_of"]

SPHERES, BOXES = 2, 1


def obstacles_of(scene: Scene) -> NDArray[np.float32]:
    """The obstacles as numbers, (14,) [m]; sizes with the scene's margin.

    Raises:
        BadInput: if they are not two spheres and a box.
    """
    came = len(scene.spheres), len(scene.boxes)
    if came != (SPHERES, BOXES):
        raise BadInput(
            f"scene: expected {SPHERES} spheres and {BOXES} box, as policies see them, "
            f"got {came[0]} and {came[1]}"
        )
    rows = [[*s.centre, s.radius + scene.margin] for s in scene.spheres]
    rows += [[*b.centre, *(h + scene.margin for h in b.half)] for b in scene.boxes]
    return np.concatenate(rows).astype(np.float32)


def observed(
    state: ArmState, goal: Vec3, obstacles: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """One frame by name, each (1, 1, ...).

    Args:
        state: The arm's.
        goal: Where the tool is to be [m].
        obstacles: (14,), of `obstacles_of`.
    """
    frame = {
        "state": np.array([*state.pos, *state.twist[:3]], np.float32),
        "goal": np.array(goal, np.float32),
        "obstacles": obstacles,
    }
    return {name: value[None, None] for name, value in frame.items()}

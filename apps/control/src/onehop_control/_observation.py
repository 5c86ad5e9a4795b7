"""What a policy of the task sees: the tool, the goal, two spheres and a box."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from onehop_interfaces import BadInput
from onehop_kinova_driver import ArmState, Scene, Vec3, observed

__all__ = ["check_obstacles", "seen"]

SPHERES, BOXES = 2, 1


def check_obstacles(scene: Scene) -> None:
    """Refuse a scene that no policy has seen the like of.

    Raises:
        BadInput: if the obstacles are not two spheres and a box.
    """
    came = len(scene.spheres), len(scene.boxes)
    if came != (SPHERES, BOXES):
        raise BadInput(
            f"scene: expected {SPHERES} spheres and {BOXES} box, as policies see them, "
            f"got {came[0]} and {came[1]}"
        )


def seen(state: ArmState, goal: Vec3, scene: Scene) -> dict[str, NDArray[Any]]:
    """One observation of one frame, each (1, 1, ...)."""
    frame = observed(state.pos, goal, scene)
    return {name: value[None, None] for name, value in frame.items()}

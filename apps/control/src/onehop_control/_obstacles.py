"""Obstacles in a drawing of two coordinates."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from onehop_kinova_driver import Scene

__all__ = ["draw_obstacles"]


def draw_obstacles(axes: Axes, scene: Scene, right: int, up: int) -> None:
    """The obstacles, seen along the coordinate that is neither of the two."""
    for sphere in scene.spheres:
        at = sphere.centre[right], sphere.centre[up]
        axes.add_patch(Circle(at, sphere.radius, color="0.75"))
    for box in scene.boxes:
        a, b = box.half[right], box.half[up]
        at = box.centre[right] - a, box.centre[up] - b
        axes.add_patch(Rectangle(at, 2 * a, 2 * b, color="0.6"))

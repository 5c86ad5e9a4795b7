"""The arm among obstacles, drawn from above and, below that, from its front.

    above    y to the left, x up: the base is below the picture's middle
    front    y to the left, z up

Links are lines as wide as they are thick, the gripper's point a dot, the goal a ring.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onehop_kinova_driver import Body, Scene

__all__ = ["draw_arm"]

SIZE = 256
WIDE, HIGH = 1.2, 0.6
"""What each half shows [m]."""
LOW = {0: 0.1, 2: 0.0}
"""Where it begins: x, or z [m]."""
PAPER, LINE = (244, 244, 240), (210, 210, 205)
ARM, OBSTACLE, GOAL, TIP = (110, 140, 175), (205, 120, 95), (60, 140, 70), (25, 45, 80)

Array: TypeAlias = NDArray[np.float64]


def draw_arm(
    body: Body, frames: Array, scene: Scene, goal: tuple[float, float, float]
) -> NDArray[np.uint8]:
    """A picture (256, 256, 3).

    Args:
        body: The arm's.
        frames: Of its links, (8, 4, 4), as `Gen3.frames` has them.
        scene: What is in the way.
        goal: Where the tool is to go [m].
    """
    halves = [_half(up, body, frames, scene, goal) for up in LOW]
    return np.concatenate(halves)


def _half(up: int, body: Body, frames: Array, scene: Scene, goal: Any) -> Any:
    image = Image.new("RGB", (SIZE, SIZE // 2), PAPER)
    draw, scale = ImageDraw.Draw(image), SIZE / WIDE

    def pixel(point: Any) -> tuple[float, float]:
        return (WIDE / 2 - point[1]) * scale, (HIGH - (point[up] - LOW[up])) * scale

    for capsule in body.capsules:
        turn, origin = frames[capsule.link, :3, :3], frames[capsule.link, :3, 3]
        ends = [pixel(turn @ np.array(end) + origin) for end in (capsule.a, capsule.b)]
        draw.line(ends, ARM, round(2 * capsule.radius * scale))
        for end in ends:
            draw.circle(end, capsule.radius * scale, ARM)
    for ball in scene.spheres:
        draw.circle(pixel(ball.centre), ball.radius * scale, OBSTACLE)
    for box in scene.boxes:
        corners = [np.array(box.centre) + sign * np.array(box.half) for sign in (1, -1)]
        (left, top), (right, low) = map(pixel, corners)
        draw.rectangle((left, top, right, low), OBSTACLE)
    draw.circle(pixel(goal), 6, outline=GOAL, width=2)
    draw.circle(pixel(frames[7, :3, 3]), 3, TIP)
    draw.line([(0, SIZE // 2 - 1), (SIZE, SIZE // 2 - 1)], LINE)
    return np.asarray(image)

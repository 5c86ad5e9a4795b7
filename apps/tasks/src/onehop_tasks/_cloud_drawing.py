"""Points, drawn as a camera sees them: near ones large and over far ones.

Their colour is their height in the box, from blue at the bottom to red at the top.
"""

from __future__ import annotations

from colorsys import hsv_to_rgb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onehop_envs import Eye

__all__ = ["draw_cloud"]

SIZE = 256
PAPER = (244, 244, 240)
RADIUS = 0.006
"""Of a point [m]."""
BLUE = 0.67
"""Its hue; that of red is 0."""
COLOURS = [
    tuple(round(255 * part) for part in hsv_to_rgb(BLUE * (1 - i / 255), 0.75, 0.8))
    for i in range(256)
]


def draw_cloud(
    points: NDArray[np.floating[Any]], eye: Eye, box: NDArray[Any]
) -> NDArray[np.uint8]:
    """A picture (256, 256, 3).

    Args:
        points: (N, 3) [m], before the camera.
        eye: From where.
        box: Low and high corner of the workspace, (2, 3) [m].
    """
    f, r, u = eye.frame()
    right, down, away = np.array([r, -u, f]) @ (points - eye.at).T
    scale = SIZE / 2 / np.tan(np.radians(eye.fovy) / 2) / away  # pixels in a metre
    column, row = SIZE / 2 + right * scale, SIZE / 2 + down * scale
    low, high = box[:, 2]
    colour = np.clip((points[:, 2] - low) / (high - low) * 255, 0, 255).astype(int)
    image = Image.new("RGB", (SIZE, SIZE), PAPER)
    draw = ImageDraw.Draw(image)
    for i in np.argsort(-away).tolist():
        draw.circle((column[i], row[i]), RADIUS * scale[i], COLOURS[colour[i]])
    return np.asarray(image)

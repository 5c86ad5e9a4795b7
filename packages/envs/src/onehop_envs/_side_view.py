"""Robots that move in a plane, seen from the side: capsules over a floor.

Drawn from where the capsules are, without a graphics driver. The picture follows the
robot; marks on the floor, a metre apart, show how far it has come.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ._pen import Colour, Pen

__all__ = ["draw_side_view"]

WIDE, BELOW = 4.0, 0.6
"""What is shown [m]: a square of that width, from so far below the floor."""
SKY: Colour = (236, 242, 248)
GROUND: Colour = (196, 186, 170)
MARK: Colour = (140, 128, 110)
LIMBS: tuple[Colour, ...] = ((180, 80, 50), (60, 110, 160))


def draw_side_view(
    capsules: NDArray[np.floating[Any]], about: float, size: int = 256
) -> NDArray[np.uint8]:
    """A picture (size, size, 3).

    Args:
        capsules: (K, 5), both ends and the radius of each: x, z, x, z, r [m].
        about: x of the middle of the picture [m].
        size: Of the picture [px].
    """
    image = Image.new("RGB", (size, size), SKY)
    left, top = about - WIDE / 2, WIDE - BELOW
    pen = Pen(image, (left, top), WIDE, -WIDE)
    floor = [(left, 0.0), (left + WIDE, 0.0), (left + WIDE, -BELOW), (left, -BELOW)]
    pen.polygon(floor, GROUND)
    for metre in range(ceil(left), ceil(left + WIDE)):
        pen.line([(metre, -0.3), (metre, -0.15)], MARK, 0.04)
    for i, (x1, z1, x2, z2, r) in enumerate(capsules.tolist()):
        pen.line([(x1, z1), (x2, z2)], LIMBS[i % len(LIMBS)], 2 * r)
    return np.asarray(image)

"""Pictures of Avoiding from above, antialiased, with y pointing up.

White ground, a green finish line, slate cylinders, a blue rod and a red cross at the
point it is to go to. A picture shows `AVOIDING_WINDOW`; it is drawn four times as large
as asked for and averaged down.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ._avoiding_scene import AVOIDING_WINDOW, CYLINDERS, FINISH, ROD_RADIUS
from ._pen import Colour, Pen

__all__ = ["draw_avoiding"]

_WHITE: Colour = (255, 255, 255)
_FINISH: Colour = (144, 238, 144)
_CYLINDER: Colour = (119, 136, 153)
_CYLINDER_INSIDE: Colour = (142, 163, 183)
_ROD: Colour = (65, 105, 225)
_DESIRED: Colour = (255, 0, 0)

_LINE = 0.004  # [m], as are the two below
_RIM = 0.005
_CROSS = 0.012

_FINER = 4


def draw_avoiding(state: Sequence[float], size: int = 256) -> NDArray[np.uint8]:
    """A picture (size, size, 3) of desired x, y and actual x, y [m]."""
    image = _background(size).copy()
    pen = _pen(image)
    desired_x, desired_y, x, y = state
    pen.disc((x, y), ROD_RADIUS, _ROD)
    pen.cross((desired_x, desired_y), _CROSS, _DESIRED, _LINE)
    return np.array(image.reduce(_FINER))


@lru_cache(maxsize=4)
def _background(size: int) -> Image.Image:
    """All that never moves."""
    image = Image.new("RGB", (size * _FINER, size * _FINER), _WHITE)
    pen = _pen(image)
    left, _, side = AVOIDING_WINDOW
    pen.line([(left, FINISH), (left + side, FINISH)], _FINISH, _LINE)
    for x, y, radius in CYLINDERS:
        pen.disc((x, y), radius, _CYLINDER)
        pen.disc((x, y), radius - _RIM, _CYLINDER_INSIDE)
    return image


def _pen(image: Image.Image) -> Pen:
    left, bottom, side = AVOIDING_WINDOW
    return Pen(image, (left, bottom + side), side, -side)

"""Pictures of Push-T as the published environment draws them, antialiased.

White ground, light green goal, grey walls, a slate T of two outlined rectangles and a
blue agent. Everything is drawn four times as large as asked for and averaged down.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ._pen import Colour, Pen
from ._pusht_geometry import BAR, GOAL, OUTLINE, STEM, Point, transform
from ._pusht_physics import AGENT_RADIUS, WALL_RADIUS, WALLS, WORLD, PushTState

__all__ = ["draw_pusht"]

_WHITE: Colour = (255, 255, 255)
_GOAL: Colour = (144, 238, 144)
_WALL: Colour = (211, 211, 211)
_BLOCK: Colour = (119, 136, 153)
_BLOCK_INSIDE: Colour = (142, 163, 183)
_AGENT: Colour = (65, 105, 225)
_AGENT_INSIDE: Colour = (78, 126, 255)
_TARGET: Colour = (255, 0, 0)

_LINE = 4.0  # [px] of the world, as are the two below
_RIM = 4.0
_CROSS = 20.0

_FINER = 4


def draw_pusht(
    state: PushTState, size: int = 256, target: Point | None = None
) -> NDArray[np.uint8]:
    """A picture (size, size, 3) of `state`, with a red cross at `target` [px]."""
    image = _background(size).copy()
    pen = _pen(image)
    for rectangle in (BAR, STEM):
        corners = transform(state[2:], rectangle)
        pen.polygon(corners, _BLOCK_INSIDE)
        pen.line([*corners, corners[0]], _BLOCK, _LINE)
    pen.disc(state[:2], AGENT_RADIUS, _AGENT)
    pen.disc(state[:2], AGENT_RADIUS - _RIM, _AGENT_INSIDE)
    if target is not None:
        pen.cross(target, _CROSS, _TARGET, _LINE)
    return np.array(image.reduce(_FINER))


@lru_cache(maxsize=4)
def _background(size: int) -> Image.Image:
    """All that never moves."""
    image = Image.new("RGB", (size * _FINER, size * _FINER), _WHITE)
    pen = _pen(image)
    pen.polygon(transform(GOAL, OUTLINE), _GOAL)
    for a, b in WALLS:
        pen.line([a, b], _WALL, 2.0 * WALL_RADIUS)
    return image


def _pen(image: Image.Image) -> Pen:
    return Pen(image, (0.0, 0.0), WORLD, WORLD)

"""Pictures of Push-T as the published environment draws them, antialiased.

White ground, light green goal, grey walls, a slate T of two outlined rectangles and a
blue agent. Everything is drawn four times as large as asked for and averaged down.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ._pusht_geometry import BAR, GOAL, OUTLINE, STEM, Point, transform
from ._pusht_physics import AGENT_RADIUS, WALL_RADIUS, WALLS, WORLD, PushTState

__all__ = ["draw_pusht"]

_Colour = tuple[int, int, int]

_WHITE: _Colour = (255, 255, 255)
_GOAL: _Colour = (144, 238, 144)
_WALL: _Colour = (211, 211, 211)
_BLOCK: _Colour = (119, 136, 153)
_BLOCK_INSIDE: _Colour = (142, 163, 183)
_AGENT: _Colour = (65, 105, 225)
_AGENT_INSIDE: _Colour = (78, 126, 255)
_TARGET: _Colour = (255, 0, 0)

_LINE = 4.0  # [px] of the world, as are the two below
_RIM = 4.0
_CROSS = 20.0

_FINER = 4


def draw_pusht(
    state: PushTState, size: int = 256, target: Point | None = None
) -> NDArray[np.uint8]:
    """A picture (size, size, 3) of `state`, with a red cross at `target` [px]."""
    image = _background(size).copy()
    pen = _Pen(image)
    for rectangle in (BAR, STEM):
        pen.outlined(transform(state[2:], rectangle), _BLOCK, _BLOCK_INSIDE)
    pen.disc(state[:2], AGENT_RADIUS, _AGENT)
    pen.disc(state[:2], AGENT_RADIUS - _RIM, _AGENT_INSIDE)
    if target is not None:
        x, y = target
        pen.line([(x - _CROSS, y), (x + _CROSS, y)], _TARGET)
        pen.line([(x, y - _CROSS), (x, y + _CROSS)], _TARGET)
    return np.array(image.reduce(_FINER))


@lru_cache(maxsize=4)
def _background(size: int) -> Image.Image:
    """All that never moves."""
    image = Image.new("RGB", (size * _FINER, size * _FINER), _WHITE)
    pen = _Pen(image)
    pen.polygon(transform(GOAL, OUTLINE), _GOAL)
    for a, b in WALLS:
        pen.line([a, b], _WALL, 2.0 * WALL_RADIUS)
    return image


class _Pen:
    """Draws in the units of the world."""

    def __init__(self, image: Image.Image) -> None:
        self._scale = image.width / WORLD
        self._draw = ImageDraw.Draw(image)

    def _pixels(self, points: list[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    def polygon(self, points: list[Point], colour: _Colour) -> None:
        self._draw.polygon(self._pixels(points), fill=colour)

    def line(self, points: list[Point], colour: _Colour, width: float = _LINE) -> None:
        """A polyline with round joints and ends."""
        pixels, thick = self._pixels(points), round(width * self._scale)
        self._draw.line(pixels, fill=colour, width=thick)
        for point in points:
            self.disc(point, width / 2, colour)

    def outlined(self, points: list[Point], edge: _Colour, inside: _Colour) -> None:
        self.polygon(points, inside)
        self.line([*points, points[0]], edge)

    def disc(self, centre: Point, radius: float, colour: _Colour) -> None:
        (pixel,) = self._pixels([centre])
        self._draw.circle(pixel, radius * self._scale, fill=colour)

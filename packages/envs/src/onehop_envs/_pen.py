"""A pen that draws in the units of a world, in colours without transparency.

A picture shows `width` by `height` of the world from its upper left `corner` on:

    pixel = ((x - corner_x) W / width, (y - corner_y) H / height)

for W by H pixels. A negative height makes y point up.
"""

from __future__ import annotations

from typing import TypeAlias

from PIL import Image, ImageDraw

__all__ = ["Colour", "Pen"]

Colour: TypeAlias = tuple[int, int, int]
_Point: TypeAlias = tuple[float, float]


class Pen:
    """Draws in the units of the world.

    Args:
        image: What is drawn on.
        corner: Where in the world its upper left corner is.
        width: Of the world that it shows.
        height: The same, downwards.
    """

    def __init__(
        self, image: Image.Image, corner: _Point, width: float, height: float
    ) -> None:
        self._corner = corner
        self._scale = image.width / width, image.height / height
        self._draw = ImageDraw.Draw(image)

    def _pixels(self, points: list[_Point]) -> list[_Point]:
        (x0, y0), (across, down) = self._corner, self._scale
        return [((x - x0) * across, (y - y0) * down) for x, y in points]

    def polygon(self, points: list[_Point], colour: Colour) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._pixels(points), fill=colour)

    def line(self, points: list[_Point], colour: Colour, width: float) -> None:
        """Draw a polyline with round joints and ends."""
        pixels, thick = self._pixels(points), round(width * self._scale[0])
        self._draw.line(pixels, fill=colour, width=thick)
        for point in points:
            self.disc(point, width / 2, colour)

    def cross(self, centre: _Point, arm: float, colour: Colour, width: float) -> None:
        """Draw an upright cross."""
        x, y = centre
        self.line([(x - arm, y), (x + arm, y)], colour, width)
        self.line([(x, y - arm), (x, y + arm)], colour, width)

    def disc(self, centre: _Point, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        (pixel,) = self._pixels([centre])
        self._draw.circle(pixel, radius * self._scale[0], fill=colour)

"""What is in the way: spheres and boxes in the frame of the arm's base.

A point p is |p - c| - r away from a sphere and, with d = |p - c| - h number by number,

    |max(d, 0)| + min(max_i d_i, 0)

from a box of half sizes h along the axes; negative inside. The distance to a scene is
the least of all, less the scene's margin: infinite if there is nothing in the way.

As JSON: {"margin": 0.01, "spheres": [{"centre": [x, y, z], "radius": r}],
"boxes": [{"centre": [x, y, z], "half": [a, b, c]}]}, all in [m].
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, number, parse_json, read_json, settings

from ._rotations import Vec3

__all__ = ["Box", "Scene", "Sphere"]

Array = NDArray[np.float64]

FAR = 1e3
"""Coordinates and sizes [m] are at most that."""
MOST = 1_000
"""Obstacles of a kind."""


@dataclass(frozen=True)
class Sphere:
    """All points within a radius [m] of a centre [m]."""

    centre: Vec3
    radius: float

    def __post_init__(self) -> None:
        _check(self.centre, "centre of a sphere")
        _size(self.radius, "radius of a sphere")


@dataclass(frozen=True)
class Box:
    """A box along the axes: its centre, and from there to either side [m]."""

    centre: Vec3
    half: Vec3

    def __post_init__(self) -> None:
        _check(self.centre, "centre of a box")
        for size in _check(self.half, "half sizes of a box"):
            _size(size, "half size of a box")


@dataclass(frozen=True)
class Scene:
    """All that is in the way.

    Attributes:
        spheres: The round obstacles.
        boxes: The others.
        margin: What every obstacle is taken to be larger by [m].

    Raises:
        BadInput: if a number is not finite, too large or, of a size, not above 0.
    """

    spheres: tuple[Sphere, ...] = ()
    boxes: tuple[Box, ...] = ()
    margin: float = 0.0
    _arrays: tuple[Array, Array, Array, Array] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if not 0 <= number(self.margin, "margin") <= FAR:
            raise BadInput(f"margin: expected 0 to {FAR:g} m, got {self.margin}")
        if max(len(self.spheres), len(self.boxes)) > MOST:
            raise BadInput(f"scene: expected at most {MOST} obstacles of a kind")
        arrays = (
            np.array([s.centre for s in self.spheres]).reshape(-1, 3),
            np.array([s.radius for s in self.spheres], float),
            np.array([b.centre for b in self.boxes]).reshape(-1, 3),
            np.array([b.half for b in self.boxes]).reshape(-1, 3),
        )
        object.__setattr__(self, "_arrays", arrays)

    def distance(self, points: Array) -> Array:
        """How far points (n, 3) [m] are from the nearest obstacle, (n,) [m]."""
        balls, radii, boxes, halves = self._arrays
        least = np.full(len(points), np.inf)
        if len(balls):
            d = points[:, None] - balls
            each = np.sqrt(np.einsum("nmi,nmi->nm", d, d)) - radii
            least = np.minimum(least, each.min(1))
        if len(boxes):
            d = np.abs(points[:, None] - boxes) - halves
            out = np.maximum(d, 0)
            each = np.sqrt(np.einsum("nmi,nmi->nm", out, out))
            each += np.minimum(d.max(2), 0)
            least = np.minimum(least, each.min(1))
        return least - self.margin

    def to_json(self) -> str:
        """The scene as text."""
        spheres = [{"centre": s.centre, "radius": s.radius} for s in self.spheres]
        boxes = [{"centre": b.centre, "half": b.half} for b in self.boxes]
        return json.dumps({"margin": self.margin, "spheres": spheres, "boxes": boxes})

    @classmethod
    def from_json(cls, text: str | bytes) -> Scene:
        """The scene that a text says.

        Raises:
            BadInput: if it says none.
        """
        return cls._of(parse_json(text, "scene"))

    @classmethod
    def load(cls, path: Path) -> Scene:
        """The scene of a JSON file.

        Raises:
            BadInput: if it holds none.
        """
        return cls._of(read_json(path))

    @classmethod
    def _of(cls, value: Any) -> Scene:
        spare = {"margin": 0.0, "spheres": [], "boxes": []}
        found = settings(value, "scene", (), spare)
        spheres, boxes = (_rows(found[k], k) for k in ("spheres", "boxes"))
        return cls(
            tuple(
                Sphere(_check(s["centre"], "centre of a sphere"), s["radius"])
                for s in (settings(s, "sphere", ("centre", "radius")) for s in spheres)
            ),
            tuple(
                Box(_check(b["centre"], "centre"), _check(b["half"], "half sizes"))
                for b in (settings(b, "box", ("centre", "half")) for b in boxes)
            ),
            number(found["margin"], "margin"),
        )


def _rows(value: object, what: str) -> Sequence[object]:
    if not isinstance(value, list) or len(value) > MOST:
        raise BadInput(f"{what}: expected a list of at most {MOST}, got {value!r:.100}")
    return value


def _check(value: object, what: str) -> Vec3:
    """Three finite numbers."""
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise BadInput(f"{what}: expected three numbers, got {value!r:.100}")
    x, y, z = (float(number(part, what)) for part in value)
    if max(abs(x), abs(y), abs(z)) > FAR:
        raise BadInput(f"{what}: expected at most {FAR:g} m, got {value!r:.100}")
    return x, y, z


def _size(value: object, what: str) -> None:
    if not 0 < number(value, what) <= FAR:
        raise BadInput(f"{what}: expected above 0, at most {FAR:g} m, got {value}")

"""The T of Push-T: its outline, its goal, its coverage and its keypoints.

The T is two rectangles that share an edge, in the frame of the block [px], y down:

    bar   -60 <= x <= 60,   0 <= y <=  30
    stem  -15 <= x <= 15,  30 <= y <= 120

A pose is (x, y, angle); it takes a local point p to (x, y) + R(angle) p.

Coverage = area(goal ∩ block) / area(goal). In the frame of the goal both rectangles of
the goal are boxes with sides along the axes, and for a box [x0, x1] x [y0, y1]

    area(block ∩ box) = ∮ clamp(y, y0, y1) dx   over the block's outline, x0 <= x <= x1

because every vertical slice of the block, once clamped, is its slice of the
intersection. On one edge the clamped height is piecewise linear, so that its mean is
a closed form; no polygon is built.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://arxiv.org/abs/2303.04137
    | Implicit Behavioral Cloning (Florence et al., 2021), where the task comes from
    | https://arxiv.org/abs/2109.00137
"""

from __future__ import annotations

from math import cos, pi, sin
from typing import TypeAlias

__all__ = [
    "BAR",
    "GOAL",
    "KEYPOINTS",
    "OUTLINE",
    "STEM",
    "Point",
    "Pose",
    "coverage_of",
    "transform",
]

Point: TypeAlias = tuple[float, float]
"""(x, y) [px]."""

Pose: TypeAlias = tuple[float, float, float]
"""(x, y, angle) [px, px, rad]."""

GOAL: Pose = (256.0, 256.0, pi / 4)

BAR: tuple[Point, ...] = ((-60.0, 30.0), (60.0, 30.0), (60.0, 0.0), (-60.0, 0.0))
STEM: tuple[Point, ...] = ((-15.0, 30.0), (-15.0, 120.0), (15.0, 120.0), (15.0, 30.0))

OUTLINE: tuple[Point, ...] = (
    (-60.0, 0.0),
    (60.0, 0.0),
    (60.0, 30.0),
    (15.0, 30.0),
    (15.0, 120.0),
    (-15.0, 120.0),
    (-15.0, 30.0),
    (-60.0, 30.0),
)

# Not published as numbers: medians over the human demonstrations' recorded keypoints,
# seen from the block. In rows where the block rests they agree to a thousandth [px].
KEYPOINTS: tuple[Point, ...] = (
    (9.2698, 90.0410),
    (-60.9835, -1.1867),
    (60.9128, -1.3934),
    (-0.2705, 25.5436),
    (-14.0649, 122.8159),
    (39.0027, 32.8574),
    (-39.9664, 32.7297),
    (-16.8243, 62.8632),
    (23.5415, -1.7003),
)

_AREA = 6300.0
_BOXES = ((-60.0, 60.0, 0.0, 30.0), (-15.0, 15.0, 30.0, 120.0))

# The circle round (0, 45) of this radius holds the T; it spares far blocks the sum.
_CENTRE, _RADIUS = 45.0, 76.5


def transform(pose: Pose, points: tuple[Point, ...]) -> list[Point]:
    """Local points to the world: (x, y) + R(angle) p [px]."""
    x, y, angle = pose
    c, s = cos(angle), sin(angle)
    return [(x + c * px - s * py, y + s * px + c * py) for px, py in points]


def coverage_of(block: Pose) -> float:
    """The part of the goal that the block covers, in [0, 1]."""
    x, y, angle = pose = _in_goal_frame(block)
    dx, dy = x - _CENTRE * sin(angle), y + _CENTRE * (cos(angle) - 1.0)
    if dx * dx + dy * dy > 4.0 * _RADIUS * _RADIUS:
        return 0.0
    outline = transform(pose, OUTLINE)
    covered = sum(_area_in_box(outline, *box) for box in _BOXES)
    return min(max(covered / _AREA, 0.0), 1.0)


def _in_goal_frame(pose: Pose) -> Pose:
    """The same pose as seen from the goal."""
    dx, dy = pose[0] - GOAL[0], pose[1] - GOAL[1]
    c, s = cos(GOAL[2]), sin(GOAL[2])
    return c * dx + s * dy, c * dy - s * dx, pose[2] - GOAL[2]


def _area_in_box(
    outline: list[Point], x0: float, x1: float, y0: float, y1: float
) -> float:
    """Area [px^2] of a simple polygon within a box; y0 to y1 becomes 0 to h."""
    h, area = y1 - y0, 0.0
    ax, ay = outline[-1]
    for bx, by in outline:
        lo, hi = (ax, bx) if ax < bx else (bx, ax)
        lo, hi = max(lo, x0), min(hi, x1)
        if lo < hi:
            slope = (by - ay) / (bx - ax)
            u, v = ay + slope * (lo - ax) - y0, ay + slope * (hi - ax) - y0
            strip = (hi - lo) * _mean_clamped(u, v, h)
            area += strip if ax > bx else -strip
        ax, ay = bx, by
    return area


def _mean_clamped(u: float, v: float, h: float) -> float:
    """Mean of clamp(w, 0, h) for w running evenly from u to v."""
    if u > v:
        u, v = v, u
    if v <= 0.0:
        return 0.0
    if u >= h:
        return h
    lo, hi = max(u, 0.0), min(v, h)
    if lo == u and hi == v:
        return 0.5 * (u + v)
    # The part that runs between the bounds, then the part that is held at h.
    return (0.5 * (hi - lo) * (hi + lo) + h * max(v - h, 0.0)) / (v - u)

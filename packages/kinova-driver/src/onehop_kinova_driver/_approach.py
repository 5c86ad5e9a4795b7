"""How a point approaches another: no faster than v, with no more acceleration than a.

In a step dt the point, which moves with the velocity u, takes the velocity on the
segment from u towards w that is at most a dt from u, where w leads to the target with

    |w| = min(v, d / dt, a (sqrt(dt^2 / 4 + 2 d / a) - dt / 2))

at the distance d. The last of the three is what it can still stop from, if every later
step takes a dt off. As |u| <= v and |w| <= v, so is the speed of what is between them.
"""

from __future__ import annotations

from math import hypot, sqrt

from ._rotations import Vec3

__all__ = ["approached", "stopping_speed"]


def stopping_speed(d: float, a: float, dt: float) -> float:
    """The speed [m/s] of a step dt [s] after which what is left of d [m] suffices."""
    if d <= 0:
        return 0.0
    return min(d / dt, a * (sqrt(dt * dt / 4 + 2 * d / a) - dt / 2))


def approached(
    p: Vec3, u: Vec3, target: Vec3, v: float, a: float, dt: float
) -> tuple[Vec3, Vec3]:
    """Where the point is after a step, and its velocity in it.

    Args:
        p: Where it is [m].
        u: Its velocity [m/s].
        target: Where it is to go [m].
        v: Its speed at most [m/s].
        a: Its acceleration at most [m/s^2].
        dt: The step [s], above 0.
    """
    way = target[0] - p[0], target[1] - p[1], target[2] - p[2]
    d = hypot(*way)
    k = min(v, stopping_speed(d, a, dt)) / d if d > 0 else 0.0
    change = k * way[0] - u[0], k * way[1] - u[1], k * way[2] - u[2]
    size = hypot(*change)
    k = a * dt / size if size > a * dt else 1.0
    w = u[0] + k * change[0], u[1] + k * change[1], u[2] + k * change[2]
    return (p[0] + w[0] * dt, p[1] + w[1] * dt, p[2] + w[2] * dt), w

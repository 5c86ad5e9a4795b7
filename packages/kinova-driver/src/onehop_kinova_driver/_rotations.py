"""Rotations: unit quaternions (w, x, y, z), and what else says the same.

A rotation by the angle a [rad] about the unit axis n is

    q = (cos(a/2), n sin(a/2)),        q and -q the same rotation,

its rotation vector is a n, with a in [0, pi]. Euler angles are about fixed axes, x
first: R = Rz(c) Ry(b) Rx(a), as Kinova's SDK has them (there in degrees). At
b = +-pi/2 only a -+ c is determined; a is then 0.

Plain floats: one quaternion at a time is faster so than in arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, atan2, copysign, cos, hypot, pi, sin, sqrt
from typing import TypeAlias

__all__ = [
    "Quat",
    "Vec3",
    "angle_between",
    "conjugate",
    "euler_of",
    "from_euler",
    "from_matrix",
    "from_vector",
    "multiply",
    "to_matrix",
    "turned",
    "unit",
    "vector_of",
]

Vec3: TypeAlias = tuple[float, float, float]
"""A point [m], an axis, a rotation vector [rad]."""
Quat: TypeAlias = tuple[float, float, float, float]
"""(w, x, y, z)."""

POLE = 1 - 1e-12
"""Sine of a pitch from which on roll and yaw are one and the same."""


def unit(q: Sequence[float]) -> Quat:
    """The quaternion of length 1 in the direction of q, which is not 0."""
    w, x, y, z = q
    length = hypot(w, x, y, z)
    return w / length, x / length, y / length, z / length


def conjugate(q: Quat) -> Quat:
    """The inverse rotation."""
    w, x, y, z = q
    return w, -x, -y, -z


def multiply(a: Quat, b: Quat) -> Quat:
    """The rotation b, then the rotation a."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def from_vector(r: Sequence[float]) -> Quat:
    """The rotation of a rotation vector [rad]."""
    x, y, z = r
    angle = hypot(x, y, z)
    # sin(a/2)/a, whose limit at 0 is 1/2.
    k = sin(angle / 2) / angle if angle > 1e-9 else 0.5
    return cos(angle / 2), k * x, k * y, k * z


def vector_of(q: Quat) -> Vec3:
    """The rotation vector [rad] of a rotation; its length is in [0, pi]."""
    w, x, y, z = q if q[0] >= 0 else (-q[0], -q[1], -q[2], -q[3])
    length = hypot(x, y, z)
    k = 2 * atan2(length, w) / length if length > 1e-12 else 2.0
    return k * x, k * y, k * z


def angle_between(a: Quat, b: Quat) -> float:
    """The angle [rad], in [0, pi], of the rotation that leads from a to b."""
    w, x, y, z = multiply(b, conjugate(a))
    return 2 * atan2(hypot(x, y, z), abs(w))


def turned(a: Quat, b: Quat, most: float) -> Quat:
    """a, turned towards b on the shortest way by at most an angle [rad]."""
    r = vector_of(multiply(b, conjugate(a)))
    angle = hypot(*r)
    if angle <= most:
        return b
    k = most / angle
    return unit(multiply(from_vector((k * r[0], k * r[1], k * r[2])), a))


def from_euler(abc: Sequence[float]) -> Quat:
    """The rotation of angles [rad] about the fixed axes x, y, z."""
    a, b, c = abc
    x = cos(a / 2), sin(a / 2), 0.0, 0.0
    y = cos(b / 2), 0.0, sin(b / 2), 0.0
    z = cos(c / 2), 0.0, 0.0, sin(c / 2)
    return multiply(z, multiply(y, x))


def euler_of(q: Quat) -> Vec3:
    """Angles [rad] about the fixed axes x, y, z; the second is in [-pi/2, pi/2]."""
    w, x, y, z = q
    s = 2 * (w * y - z * x)
    if abs(s) > POLE:
        return 0.0, copysign(pi / 2, s), copysign(2, -s) * atan2(x, w)
    a = atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    c = atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return a, asin(s), c


def to_matrix(q: Quat) -> tuple[Vec3, Vec3, Vec3]:
    """The rows of the matrix R with R v = q v q*."""
    w, x, y, z = q
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )


def from_matrix(rows: Sequence[Sequence[float]]) -> Quat:
    """The rotation of a matrix; of q and -q the one with w >= 0.

    Of the four numbers the largest is found first: the others are divided by it.
    """
    (a, b, c), (d, e, f), (g, h, i) = rows
    squares = 1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i
    k = squares.index(max(squares))
    s = sqrt(squares[k])
    w, x, y, z = (
        (s * s, h - f, c - g, d - b),
        (h - f, s * s, b + d, c + g),
        (c - g, b + d, s * s, f + h),
        (d - b, c + g, f + h, s * s),
    )[k]
    sign = copysign(0.5 / s, w)
    return unit((sign * w, sign * x, sign * y, sign * z))

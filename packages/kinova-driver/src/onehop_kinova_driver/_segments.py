"""Segments: how far two are from each other.

Points p + s u and q + t v with s, t in [0, 1] are, with r = p - q,

    |r|^2 + 2 s d - 2 t e + a s^2 - 2 b s t + c t^2
    a = u.u,  b = u.v,  c = v.v,  d = u.r,  e = v.r

apart, squared. The lines are nearest at s = (b e - c d) / (a c - b^2). Cut to [0, 1],
that is the s of the nearest points, or on the side of the square that theirs is on; so
the best t for it, cut, and the best s for that t, cut, are theirs. Where the segments
are parallel any s is as good to begin with.

References:
    | Real-Time Collision Detection (Ericson, 2005), 5.1.9
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["segment_distance"]

Array = NDArray[np.float64]

TINY = 1e-12
"""A length's square [m^2], or a share of one, that counts as 0."""


def segment_distance(p: Array, u: Array, q: Array, v: Array) -> Array:
    """The least distances of segments p + s u to segments q + t v, pair by pair.

    Args:
        p: Where the one begins, (n, 3) [m].
        u: From there to its end, (n, 3) [m].
        q: Where the other begins, (n, 3) [m].
        v: From there to its end, (n, 3) [m].

    Returns:
        (n,) [m].
    """
    r = p - q
    sides = np.stack((u, v, r), 1)
    dots = (sides @ sides.transpose(0, 2, 1)).reshape(-1, 9).T
    a, b, d, _, c, e, *_ = dots
    a, c = np.maximum(a, TINY), np.maximum(c, TINY)
    skew = np.maximum(a * c - b * b, TINY * a * c)
    s = _cut((b * e - c * d) / skew)
    t = _cut((b * s + e) / c)
    s = _cut((b * t - d) / a)
    apart = r + s[:, None] * u - t[:, None] * v
    made: Array = np.sqrt(np.einsum("ni,ni->n", apart, apart))
    return made


def _cut(x: Array) -> Array:
    return np.minimum(np.maximum(x, 0.0), 1.0)

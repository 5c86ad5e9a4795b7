"""Distances between chunks, one value per example.

* squared error: |a - b|^2, summed over the chunk
* pseudo-Huber:  sqrt(|a - b|^2 + c^2) - c with c = .00054 sqrt(D), D numbers per chunk:
  quadratic for distances well below c, the plain distance above. It is computed as
  |a - b|^2 / (sqrt(|a - b|^2 + c^2) + c), the same number without the difference of
  two near ones, which rounding can make negative

The root is taken of the *squared* distance. Consistency Policy's reference code squares
a mean squared error once more, which makes the loss quartic near zero and takes the
gradient away where the student is nearly right.

References:
    | Improved Techniques for Training Consistency Models (Song and Dhariwal, 2023),
    | section 3.3 | https://arxiv.org/abs/2310.14189
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

__all__ = ["Distance", "pseudo_huber", "squared_error"]

Distance: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(a, b), each (B, H, A), to (B,)."""


def squared_error(a: Tensor, b: Tensor) -> Tensor:
    """|a - b|^2."""
    return (a - b).square().flatten(1).sum(1)


def pseudo_huber(a: Tensor, b: Tensor) -> Tensor:
    """sqrt(|a - b|^2 + c^2) - c, never negative and 0 for equals."""
    c = 0.00054 * math.sqrt(a[0].numel())
    square = squared_error(a, b)
    return square / ((square + c**2).sqrt() + c)

"""Normalisers: what the difference of two scores is divided by.

A fixed learning rate suits a gradient of one size, but scores grow like 1 / sigma_t.

* `per_sample`, DMD: the distance between the student's chunk and what the teacher makes
  of its noised version. Since every score is alpha / sigma^2 times a distance of
  chunks, mean |x - x_P| alpha / sigma^2 is the mean of |s_x - s_P|, and all that
  remains is (x_D - x_P) / mean |x - x_P|: no time outweighs another.
* `batch_wide`, SDM's code: mean |s_P| over the whole batch, one number for every
  example. Small times keep outweighing large ones, a hundredfold over SDM's ten times.
* `off`: SDM's Eq. 4 as printed, and OneDP, which has a weight w(t) instead.

References:
    | One-step Diffusion with Distribution Matching Distillation
    | (Yin et al., 2024), Eq. 8 | https://arxiv.org/abs/2311.18828
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from torch import Tensor

__all__ = ["Normaliser", "Scores", "batch_wide", "off", "per_sample"]

SMALLEST = 1e-6
"""Below this a normaliser is taken for zero: the student is where the teacher is."""


class Scores(NamedTuple):
    """Three opinions of which way a noised chunk should go, each (B, H, A).

    Attributes:
        s_D: The learned score net's: towards what the student makes.
        s_P: The teacher's: towards the data.
        s_x: The truth about this one: towards the chunk that was noised.
    """

    s_D: Tensor
    s_P: Tensor
    s_x: Tensor


Normaliser: TypeAlias = Callable[[Scores], Tensor]
"""Scores -> what each example's difference of scores is divided by, (B,)."""


def per_sample(scores: Scores) -> Tensor:
    """mean |s_x - s_P| of each example, (B,)."""
    return (scores.s_x - scores.s_P).abs().flatten(1).mean(1).clamp_min(SMALLEST)


def batch_wide(scores: Scores) -> Tensor:
    """mean |s_P| of all examples together, (B,): the reference code's defect."""
    return scores.s_P.abs().mean().clamp_min(SMALLEST).expand(len(scores.s_P))


def off(scores: Scores) -> Tensor:
    """1, (B,)."""
    return scores.s_P.new_ones(len(scores.s_P))

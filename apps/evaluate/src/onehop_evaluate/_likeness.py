"""How like a teacher's a student's actions are, wherever demonstrations went.

From the same observation o and noise z, of what is carried out, in units of s, the
standard deviations of the demonstrated actions,

    error = sqrt( mean over o, z, steps, dimensions of ((a_S - a_T) / s)^2 )

as SDM Policy's tables have it. A method that matches distributions need not pair noise
and actions as its teacher does. For these, with other noise for either and |.| the root
mean square over steps and dimensions, the energy distance

    distance = mean over o of 2 E|a_S - a_T| - E|a_S - a_S'| - E|a_T - a_T'|

which is 0 where the two distributions are the same. It is estimated without bias, over
pairs of different draws, so that chance may make it a little negative. What differs is
told by the first two moments over z at each o,

    bias   = sqrt( mean of (E a_S - E a_T)^2 )
    spread = sqrt( mean of Var a_S / mean of Var a_T )

References:
    | Score and Distribution Matching Policy (Jia et al., 2024), appendix
    | https://arxiv.org/abs/2412.09265
    | Energy Statistics (Szekely & Rizzo, 2013)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from onehop_interfaces import BadInput, Policy

from ._diversity import drawn_plans

__all__ = ["Likeness", "carried_out", "likeness"]

LEAST = 4
"""Draws: two of either policy, with other noise."""


class Likeness(NamedTuple):
    """How far a student's actions are from the teacher's, in standard deviations.

    Attributes:
        error: From the same noise.
        distance: Between the distributions.
        bias: Between their means.
        spread: The student's over the teacher's, which must not always do the same.
    """

    error: float
    distance: float
    bias: float
    spread: float


def carried_out(
    policy: Policy,
    obs: Mapping[str, NDArray[Any]],
    std: Tensor,
    device: torch.device,
    draws: int,
) -> Tensor:
    """What a policy carries out at each observation, (N, draws, D), over `std`.

    Every policy decides from the same noise.

    Args:
        policy: Any.
        obs: Observations (N, n_obs, ...) by name.
        std: The actions' standard deviations (A,); where it is 0 actions are left out.
        device: Where the policy is.
        draws: Plans decided from each observation.
    """
    plans = drawn_plans(policy, obs, device, draws)
    due = policy.signature.due(plans.flatten(0, 1).double())
    moves = (std > 0).to(device)
    scaled = due[..., moves] / std.to(due)[moves]
    return scaled.reshape(*plans.shape[:2], -1)


def likeness(student: Tensor, teacher: Tensor) -> Likeness:
    """How like the teacher's the student's actions are.

    Args:
        student: From `carried_out`, (N, draws, D).
        teacher: Likewise, from the same observations and noise.

    Raises:
        BadInput: if there are fewer than four draws.
    """
    draws = teacher.shape[1]
    if draws < LEAST:
        raise BadInput(f"draws: expected at least {LEAST}, got {draws}")
    error = (student - teacher).square().mean().sqrt()
    distance = _of_other_noise(_energy_distance, student, teacher)
    bias = _of_other_noise(_squared_bias, student, teacher).clamp_min(0).sqrt()
    spread = (student.var(1).mean() / teacher.var(1).mean()).sqrt()
    return Likeness(float(error), float(distance), float(bias), float(spread))


def _of_other_noise(
    compare: Callable[[Tensor, Tensor], Tensor], student: Tensor, teacher: Tensor
) -> Tensor:
    """The mean of what compares draws of either, (N,), of noise they do not share."""
    half = teacher.shape[1] // 2
    some, others = slice(half), slice(half, 2 * half)
    one = compare(student[:, some], teacher[:, others])
    other = compare(student[:, others], teacher[:, some])
    return 0.5 * (one + other).mean()


def _squared_bias(a: Tensor, b: Tensor) -> Tensor:
    """Of draws (N, K, D) each, less what chance has in their means, (N,)."""
    chance = (a.var(1) + b.var(1)) / a.shape[1]
    return ((a.mean(1) - b.mean(1)).square() - chance).mean(1)


def _energy_distance(a: Tensor, b: Tensor) -> Tensor:
    """Of draws (N, K, D) each, (N,)."""
    pairs = a.shape[1] * (a.shape[1] - 1)
    within = (_apart(a, a) + _apart(b, b)).sum((1, 2)) / pairs
    return 2 * _apart(a, b).mean((1, 2)) - within


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """Root mean squares of all differences, (N, K, K)."""
    # As products a draw would not be at 0 from itself.
    exact = "donot_use_mm_for_euclid_dist"
    distances: Tensor = torch.cdist(a, b, compute_mode=exact)
    return distances / math.sqrt(a.shape[2])

"""Advantages over steps: how much better than usual an episode went on from there.

With V of states, and rewards as they came,

    delta_t = r_t + gamma (1 - ended_t) V(s_t+1) - V(s_t)
    A_t = delta_t + gamma lambda A_t+1,     A_t = delta_t where no step follows.

At lambda = 0 only the step now is counted and V is believed from there; at 1 nothing
is believed but what was earned, up to where a recording stops. Between, an action's
worth shows over some 1 / (1 - gamma lambda) steps, where Q - V has to tell it from a
single one. Unlike Q - V it is not of the action alone: what was done next counts, too.

References:
    | High-Dimensional Continuous Control Using Generalized Advantage Estimation
    | (Schulman et al., 2016), equation 16 | https://arxiv.org/abs/1506.02438
"""

from __future__ import annotations

import torch
from torch import Tensor

from ._transitions import Transitions

__all__ = ["advantages"]


def advantages(
    of: Transitions, v: Tensor, v_next: Tensor, gamma: float, lam: float
) -> Tensor:
    """A of every step.

    Args:
        of: All steps, in order.
        v: V(s), (B,).
        v_next: V(s_next), (B,).
        gamma: What a reward one step later is worth.
        lam: lambda.

    Returns:
        A (B,).
    """
    going_on = 1 - of.ended
    delta = of.r + gamma * going_on * v_next - v
    going_on[:-1] *= of.at.diff() == 1
    keep = (gamma * lam * going_on).double().tolist()
    each = delta.double().tolist()
    for i in reversed(range(len(each) - 1)):
        each[i] += keep[i] * each[i + 1]
    return torch.tensor(each, dtype=v.dtype, device=v.device)

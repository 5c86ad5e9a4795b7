"""What a map to the path's end is taught with.

A slope u at (x~, s) and the end x = x~ - s u it points at are equivalent, so that a
squared error of slopes is one of ends, whatever x~ is:

    || (x~ - x) / s - (x~ - x') / s ||^2 = || x - x' ||^2 / s^2

`slope_loss` is that, for three targets x':

* the teacher's end of this very path x_0: the *chord*, the mean of the velocity over
  the rest of the path; one step along it, from s = 1, is exact;
* the teacher's denoised chunk E[x | x_t, cond]: the instantaneous *velocity*. At s = 1
  this is the mean action, whatever z: a step along it averages the modes;
* `mean_velocity_target`: MeanFlow's, which needs no path. On the path the end stands
  still, dx_0/ds = 0, so the student's end x moves towards the true one along

      x' = x - s dx/ds,      d/ds along the teacher's ODE,

  which in slopes is MeanFlow's identity u' = v - s du/ds, with its second time r at 0.

References:
    | OneFlow-DP: velocity alignment along the path and a terminal action loss
    | Mean Flows for One-step Generative Modeling (Geng et al., 2025), Eq. 6 and 10
    | https://arxiv.org/abs/2505.13447
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from onehop_interfaces import ddim_step, eps_of, expand, noisy

from ._coordinates import flow_level
from ._student import Student

__all__ = [
    "Weight",
    "action_loss",
    "as_ends",
    "as_slopes",
    "mean_velocity_target",
    "slope_loss",
]

Weight: TypeAlias = Callable[[Tensor], Tensor]
"""The weight of a squared error of ends, as a function of s (B,)."""


def as_slopes(s: Tensor) -> Tensor:
    """1 / s^2: the errors of slopes count alike."""
    return s**-2


def as_ends(s: Tensor) -> Tensor:
    """1: the errors of ends count alike.

    Under `as_slopes` small s, which no one-step policy visits, make up nearly all of
    the loss: 1 / s^2 is 4,000 at s = .016. On the exact teachers that weight left two
    to twelve times the energy distance, after as many updates.
    """
    return torch.ones_like(s)


def slope_loss(x: Tensor, target: Tensor, s: Tensor, w: Weight) -> Tensor:
    """w(s) ||x - target||^2, one value per example, (B,).

    Args:
        x: Ends the student points at (B, H, A), differentiable.
        target: Ends it should point at (B, H, A).
        s: Levels (B,).
        w: The weight; `as_slopes` makes it the squared error of slopes.
    """
    return w(s) * ((x - target) ** 2).flatten(1).sum(1)


def action_loss(x: Tensor, x_0: Tensor, delta: float = 0.1) -> Tensor:
    """Huber's distance of one-step chunks to the teacher's, (B,).

    Args:
        x: The student's chunks (B, H, A), differentiable.
        x_0: The teacher's, from the same z (B, H, A).
        delta: Where the square turns into a straight line.
    """
    huber = nn.functional.huber_loss(x, x_0, reduction="none", delta=delta)
    return huber.flatten(1).sum(1)


@torch.no_grad()
def mean_velocity_target(
    student: Student,
    x_t: Tensor,
    t: Tensor,
    cond: Tensor,
    x: Tensor,
) -> Tensor:
    """x' = end - s d(end)/ds, (B, H, A), through which no gradient flows.

    The derivative is forward-mode where times are continuous. Between the integer times
    of a table it is a difference over one DDIM step; at the first of them, which has
    none below it, the target is `x`.

    Args:
        student: The map to ends, at its present weights.
        x_t: Noisy chunks (B, H, A).
        t: Times (B,).
        cond: The student's conditions (B, C).
        x: The teacher's denoised chunks at x_t, (B, H, A).
    """
    schedule = student.net.schedule
    if schedule.domain.steps is None:
        return _by_jvp(student, x_t, t, cond, x)
    before = (t - 1).clamp(min=schedule.domain.t_min)
    levels, levels_before = schedule(t), schedule(before)
    x_before = ddim_step(x_t, x, *levels, *levels_before)
    end = student.end(x_t, t, cond)
    step = end - student.end(x_before, before, cond)
    s = flow_level(*levels)
    ds = s - flow_level(*levels_before)
    first = expand(ds == 0, x)
    return torch.where(first, x, end - expand(s / ds, x) * step)


def _by_jvp(
    student: Student, x_t: Tensor, t: Tensor, cond: Tensor, x: Tensor
) -> Tensor:
    """The derivative along (dx_t, dt) = (dalpha x + dsigma eps, 1)."""
    one = torch.ones_like(t)
    (alpha, sigma), (dalpha, dsigma) = _jvp(student.net.schedule, (t,), (one,))
    dx_t = noisy(x, eps_of(x_t, x, alpha, sigma), dalpha, dsigma)
    end, dend = _jvp(lambda x_t, t: student.end(x_t, t, cond), (x_t, t), (dx_t, one))
    # s / (ds/dt), with ds/dt by the quotient rule.
    s_dt_ds = sigma * (alpha + sigma) / (alpha * dsigma - sigma * dalpha)
    target: Tensor = end - expand(s_dt_ds, x) * dend
    return target


def _jvp(
    f: Callable[..., Any], at: tuple[Tensor, ...], along: tuple[Tensor, ...]
) -> tuple[Any, Any]:
    """f and its derivative along a direction."""
    with warnings.catch_warnings():
        # On its first use torch compiles its own formulas by a way it deprecates.
        warnings.filterwarnings("ignore", ".*torch.jit.script", DeprecationWarning)
        result = torch.func.jvp(f, at, along)
    return result[0], result[1]

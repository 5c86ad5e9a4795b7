"""The losses: agree with yourself, one step further down the same path.

With f the student's consistency function, f- its target network (no gradient), a clean
chunk x, noise eps and times t > s of the ladder, x_t = alpha_t x + sigma_t eps:

* distillation (CD, LCM)  d( f(x_t, t), f-(x_s, s) ),  x_s by the teacher's ODE from x_t
* training (CT)           the same with x_s = alpha_s x + sigma_s eps: no teacher
* trajectory (CTM)        d( E G(x_t, t, s), E G-(x_u, u, s) ),  t > u >= s, x_u by the
                          teacher's ODE, where G jumps from t to s and E = G-(., s,
                          t_min) takes both to clean chunks to compare them there
* denoising (CTM's second term)  w(r_t) |g(x_t, t, t) - x|^2, g the student's chunk

Since f is the identity at t_min, the agreement can only be with the end of the path.
E is frozen but differentiated *through*: Consistency Policy's code once ran all of it
without gradients and learned from the denoising term alone.

References:
    | Consistency Models (Song et al., 2023), algorithms 2 and 3
    | https://arxiv.org/abs/2303.01469
    | Consistency Trajectory Models (Kim et al., 2024), equations 8 to 11
    | https://arxiv.org/abs/2310.02279
    | Consistency Policy (Prasad et al., 2024) | https://arxiv.org/abs/2405.07503

Conditions are bound into the functions, since student, target and teacher each have
their own encoder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import Schedule, noisy

from ._distance import Distance, pseudo_huber, squared_error

__all__ = ["Clean", "Jump", "cd_loss", "ct_loss", "ctm_loss", "dsm_loss"]

Clean: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(x_t, t) -> x, the condition bound."""

Jump: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(x_t, t, s) -> x_s, the condition bound."""


def cd_loss(
    f: Clean,
    f_target: Clean,
    solve: Jump,
    schedule: Schedule,
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    s: Tensor,
    distance: Distance = pseudo_huber,
) -> Tensor:
    """Consistency distillation, (B,).

    Args:
        f: The student's consistency function.
        f_target: The target network's; no gradient reaches it.
        solve: One step of the teacher's ODE.
        schedule: The teacher's.
        x: Clean chunks (B, H, A).
        eps: Standard normal noise (B, H, A).
        t: Times (B,).
        s: The next cleaner times (B,).
        distance: d.
    """
    x_t = noisy(x, eps, *schedule(t))
    with torch.no_grad():
        goal = f_target(solve(x_t, t, s), s)
    return distance(f(x_t, t), goal)


def ct_loss(
    f: Clean,
    f_target: Clean,
    schedule: Schedule,
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    s: Tensor,
    distance: Distance = pseudo_huber,
) -> Tensor:
    """Consistency training, (B,); arguments as in `cd_loss`."""
    with torch.no_grad():
        goal = f_target(noisy(x, eps, *schedule(s)), s)
    return distance(f(noisy(x, eps, *schedule(t)), t), goal)


def ctm_loss(
    jump: Jump,
    jump_target: Jump,
    solve: Jump,
    schedule: Schedule,
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    u: Tensor,
    s: Tensor,
    distance: Distance = pseudo_huber,
) -> Tensor:
    """Trajectory consistency, (B,).

    Args:
        jump: The student's G.
        jump_target: The target network's, whose parameters take no gradient.
        solve: One step of the teacher's ODE.
        schedule: The teacher's.
        x: Clean chunks (B, H, A).
        eps: Standard normal noise (B, H, A).
        t: Times (B,) to jump from.
        u: Times (B,) that the teacher steps to, s <= u < t.
        s: Times (B,) to jump to.
        distance: d.
    """
    x_t = noisy(x, eps, *schedule(t))
    t_min = torch.full_like(t, schedule.domain.t_min)
    with torch.no_grad():
        goal = jump_target(jump_target(solve(x_t, t, u), u, s), s, t_min)
    return distance(jump_target(jump(x_t, t, s), s, t_min), goal)


def dsm_loss(
    chunk: Jump,
    schedule: Schedule,
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    sigma_data: float = 0.5,
) -> Tensor:
    """Denoising with Karras's weight (r^2 + sigma_data^2) / (r sigma_data)^2, (B,).

    Args:
        chunk: The student's g: (x_t, t, s) -> the chunk a jump from t to s aims at.
        schedule: The teacher's.
        x: Clean chunks (B, H, A).
        eps: Standard normal noise (B, H, A).
        t: Times (B,).
        sigma_data: Spread of the data.
    """
    alpha_t, sigma_t = schedule(t)
    r = sigma_t / alpha_t
    w = (r**2 + sigma_data**2) / (r * sigma_data) ** 2
    return w * squared_error(chunk(noisy(x, eps, alpha_t, sigma_t), t, t), x)

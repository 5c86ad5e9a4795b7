"""Score distillation sampling: descend the teacher's noisy log-density.

The student's chunk x is noised, x_t = alpha_t x + sigma_t eps, and the teacher's
opinion of that noise gives the direction

    grad = w(t) (eps_teacher(x_t, t, cond) - eps) dx/dphi

which is, in expectation over eps, w sigma_t / alpha_t times the gradient of
KL(q(x_t | x) || p_t(x_t | cond)): the teacher's Jacobian is left out and no term
rewards spread, so the student climbs to a mode and comes to ignore z. That is the
method, not a defect of this code; `tests/test_sds.py` shows it on a mixture.

References:
    | SwiftPolicy, Algorithm 1, with w(t) = 1 - abar_t = sigma_t^2
    | DreamFusion (Poole et al., 2022), Eq. 3 | https://arxiv.org/abs/2209.14988
    | One-Step Diffusion Policy (Wang et al., 2024), Eq. 8, the same estimator
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import Denoiser, eps_of, expand, noisy

__all__ = [
    "Weight",
    "sds_gradient",
    "sds_loss",
    "sigma_over_alpha",
    "sigma_squared",
]

Weight: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""w as a function of (alpha_t, sigma_t), each (B,)."""


def sigma_squared(alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """The paper's w(t) = 1 - abar_t = sigma_t^2."""
    return sigma_t**2


def sigma_over_alpha(alpha_t: Tensor, sigma_t: Tensor) -> Tensor:
    """w(t) = sigma_t / alpha_t, which makes the gradient x - x_teacher at every t.

    Since eps_teacher - eps = alpha_t / sigma_t (x - x_teacher), the paper's weight
    leaves next to nothing of the small and of the largest times; this one counts all
    times alike, and suits a teacher that is good at all of them.
    """
    return sigma_t / alpha_t


@torch.no_grad()
def sds_gradient(
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    cond: Tensor,
    teacher: Denoiser,
    w: Weight = sigma_squared,
) -> Tensor:
    """The estimate w(t) (eps_teacher - eps) of the gradient in x, (B, H, A)."""
    alpha_t, sigma_t = teacher.schedule(t)
    x_t = noisy(x, eps, alpha_t, sigma_t)
    eps_teacher = eps_of(x_t, teacher(x_t, t, cond), alpha_t, sigma_t)
    return expand(w(alpha_t, sigma_t), x) * (eps_teacher - eps)


def sds_loss(
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    cond: Tensor,
    teacher: Denoiser,
    w: Weight = sigma_squared,
) -> Tensor:
    """A loss whose gradient in x is `sds_gradient`, one value per example, (B,).

    Args:
        x: The student's chunks (B, H, A), differentiable.
        eps: Standard normal noise (B, H, A).
        t: Times (B,) in the teacher's domain.
        cond: The teacher's conditions (B, C).
        teacher: Frozen; no gradient reaches it.
        w: The weight w(t).
    """
    grad = sds_gradient(x, eps, t, cond, teacher, w)
    return 0.5 * ((x - (x - grad).detach()) ** 2).flatten(1).sum(1)

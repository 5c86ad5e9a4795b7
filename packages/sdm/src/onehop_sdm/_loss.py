"""The two losses: match the teacher's distribution; know one's own.

The student makes chunks x of some distribution q. Noised, x_t = alpha_t x + sigma_t eps
follows q_t, and the gradient of KL(q_t || p_t) to the teacher's noisy density p_t is

    grad = E[ alpha_t (s_D - s_P)(x_t) dx/dphi ],
    s = (alpha_t x_hat - x_t) / sigma_t^2 = -(x_t - alpha_t x_hat) / sigma_t^2

with s_P the score that the teacher's denoised chunk stands for, and s_D that of q_t, by
a second denoiser D ("dynamic teacher") kept trained on what the student makes now. SDM
and DMD leave the factor alpha_t to the weight:

    grad_x = w(t) (s_D - s_P) / n

where n is a `Normaliser`. Unlike SDS, s_D pushes chunks apart where the student makes
too many, and the two forces balance where q = p.

References:
    | Score and Distribution Matching Policy (Jia et al., 2024), Eqs. 3 and 4; the
    | printed Eq. 3 has lost the score's minus sign; the code has it, and so has this.
    | https://arxiv.org/abs/2412.09265
    | One-Step Diffusion Policy (Wang et al., 2024), section 3.2
    | https://arxiv.org/abs/2410.21257
    | One-step Diffusion with Distribution Matching Distillation (Yin et al., 2024)
    | https://arxiv.org/abs/2311.18828
"""

from __future__ import annotations

import torch
from torch import Tensor

from onehop_interfaces import Denoiser, expand, noisy, score_of

from ._normaliser import Normaliser, Scores, off
from ._weight import Weight, one

__all__ = ["matching_gradient", "matching_loss", "score_loss"]


@torch.no_grad()
def matching_gradient(
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    cond: Tensor,
    teacher: Denoiser,
    score_net: Denoiser,
    w: Weight = one,
    normaliser: Normaliser = off,
) -> Tensor:
    """The estimate w(t) (s_D - s_P) / n of the gradient in x, (B, H, A)."""
    levels = alpha_t, sigma_t = teacher.schedule(t)
    x_t = noisy(x, eps, *levels)
    scores = Scores(
        s_D=score_of(x_t, score_net(x_t, t, cond), *levels),
        s_P=score_of(x_t, teacher(x_t, t, cond), *levels),
        s_x=score_of(x_t, x, *levels),
    )
    size = w(alpha_t, sigma_t) / normaliser(scores)
    return expand(size, x) * (scores.s_D - scores.s_P)


def matching_loss(
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    cond: Tensor,
    teacher: Denoiser,
    score_net: Denoiser,
    w: Weight = one,
    normaliser: Normaliser = off,
) -> Tensor:
    """A loss whose gradient in x is `matching_gradient`, one value per example, (B,).

    Args:
        x: The student's chunks (B, H, A), differentiable.
        eps: Standard normal noise (B, H, A).
        t: Times (B,) in the teacher's domain.
        cond: The teacher's conditions (B, C).
        teacher: P, frozen; no gradient reaches it.
        score_net: D, on the teacher's schedule; no gradient reaches it here.
        w: The weight w(t).
        normaliser: n.
    """
    grad = matching_gradient(x, eps, t, cond, teacher, score_net, w, normaliser)
    return 0.5 * ((x - (x - grad).detach()) ** 2).flatten(1).sum(1)


def score_loss(
    x: Tensor,
    eps: Tensor,
    t: Tensor,
    cond: Tensor,
    score_net: Denoiser,
    lam: Weight = one,
) -> Tensor:
    """lambda(t) mean |D(x_t, t, cond) - x|^2, one value per example, (B,).

    x is detached, as target and inside x_t: this loss teaches D alone.

    Args:
        x: The student's chunks (B, H, A).
        eps: Standard normal noise (B, H, A).
        t: Times (B,).
        cond: Conditions (B, C).
        score_net: D.
        lam: The weight lambda(t) on squared errors of denoised chunks.
    """
    x = x.detach()
    alpha_t, sigma_t = score_net.schedule(t)
    x_hat = score_net(noisy(x, eps, alpha_t, sigma_t), t, cond)
    return lam(alpha_t, sigma_t) * ((x_hat - x) ** 2).flatten(1).mean(1)

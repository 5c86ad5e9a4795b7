"""What VDD's experts descend: a bound of KL(q || p), by the teacher's score.

With q(x | cond) = sum_k pi_k q_k(x | cond) and p the teacher's density, KL(q || p) is
bounded from above, for any r~(k | x), by the sum over k of pi_k times

    E_{q_k}[ log pi_k - log r~(k | x) - log p(x | cond) ] - H(q_k)

and the bound is tight at r~(k | x) = q(k | x). The E-step sets r~ to the
responsibilities as they stand; the M-step for the experts descends

    - sum_k pi_k ( mean_v [ s(x)^sg . x + log r~(k | x) ] + H(q_k) )

with V reparametrised draws x = mu_k + L_k eps; s(x)^sg . x stands for log p, having its
gradient. pi, r~'s parameters and the score are constants. log p(x) cannot be evaluated,
so the gate learns from data instead (`gate_loss`).

The score is the noisy marginal's, at the student's own x, to which no noise is added:

* `marginal_score`, the paper: s = grad log p_t at x_t = x. The target is p_t, the
  density of alpha_t x + sigma_t eps, so for a VP teacher means shrink by alpha_t;
* `rescaled_score`: s = grad_x log p_t(alpha_t x). The target is the density of
  x + (sigma_t / alpha_t) eps, which has the clean means whatever the schedule.

For VE teachers (alpha_t = 1) the two are the same. The second target's covariance is
the data's and (sigma_t / alpha_t)^2 more.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024) | https://arxiv.org/abs/2406.12538
    | Expected Information Maximization (Becker et al., 2020), for the bound
    | https://arxiv.org/abs/2001.08682
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import Denoiser, expand, score_of

from ._mixture import Mixture

__all__ = [
    "Score",
    "expert_loss",
    "marginal_score",
    "rescaled_score",
]

Score: TypeAlias = Callable[[Denoiser, Tensor, Tensor, Tensor], Tensor]
"""(teacher, x (N, H, A), t (N,), cond (N, C)) -> the score at x, (N, H, A)."""


def marginal_score(teacher: Denoiser, x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    """The paper's: the noisy marginal's score at x_t = x."""
    return score_of(x, teacher(x, t, cond), *teacher.schedule(t))


def rescaled_score(teacher: Denoiser, x: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    """The gradient of log p_t(alpha_t x) in x: alpha_t times the score at alpha_t x."""
    alpha_t, sigma_t = teacher.schedule(t)
    x_t = expand(alpha_t, x) * x
    score = score_of(x_t, teacher(x_t, t, cond), alpha_t, sigma_t)
    return expand(alpha_t, x) * score


def expert_loss(
    mixture: Mixture,
    eps: Tensor,
    t: Tensor,
    cond: Tensor,
    teacher: Denoiser,
    score: Score = rescaled_score,
) -> Tensor:
    """The experts' loss, one value per example, (B,).

    The value is that of the surrogate, not of the bound; the gradients agree.

    Args:
        mixture: The student's, differentiable.
        eps: Standard normal noise (B, K, V, H, A), V draws for each expert.
        t: Times (B, K, V) in the teacher's domain.
        cond: The teacher's conditions (B, C).
        teacher: Frozen; no gradient reaches it.
        score: Which of the teacher's scores.
    """
    x = mixture.samples(eps.flatten(3))  # (B, K, V, D)
    with torch.no_grad():
        rows = cond[:, None, None].expand(*t.shape, -1).flatten(0, 2)
        chunks = x.reshape(-1, *eps.shape[3:])
        s = score(teacher, chunks, t.flatten(), rows).view_as(x)
    gain = (s * x).sum(-1) + _own_log_responsibilities(mixture.detach(), x)
    pi = mixture.log_weights.detach().exp()
    return -(pi * (gain.mean(-1) + mixture.entropies())).sum(-1)


def _own_log_responsibilities(old: Mixture, x: Tensor) -> Tensor:
    """log r~(k | x_kv), (B, K, V), of the expert that drew each x (B, K, V, D)."""
    batch, k, v, _ = x.shape
    log_r = old.log_responsibilities(x.flatten(1, 2)).view(batch, k, v, k)
    return log_r.diagonal(dim1=1, dim2=3).mT  # (B, V, K) to (B, K, V)

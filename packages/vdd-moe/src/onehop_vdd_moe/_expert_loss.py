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

Three things are ours, and off by default. With them the experts follow a teacher that
they start from, where the gradient of the bound alone is mostly noise.

* A *control variate*. With H(q_k) in closed form the score's -eps / spread is left in
  the gradient where expert and teacher agree. The expert's own score, a constant, is
  taken from the teacher's: it has mean zero under q_k and the same noise. It stands for
  the gradient of the entropy, too, which is then left out (Roeder et al., 2017).
* *Diffused* experts: draws mu_k + (sigma_t / alpha_t) eps, the expert noised as the
  second target is; responsibilities are the noised mixture's. Their spread is then that
  of the target, whatever t. It lets t be drawn from nearly all of the domain; but what
  the experts' own covariances say is no longer asked.
* A *weight* (sigma_t / alpha_t)^2: scores are steeper the smaller t, and without it the
  smallest decide.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024) | https://arxiv.org/abs/2406.12538
    | Expected Information Maximization (Becker et al., 2020), for the bound
    | https://arxiv.org/abs/2001.08682
    | Sticking the Landing (Roeder et al., 2017), for the control variate
    | https://arxiv.org/abs/1703.09194
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from onehop_interfaces import Denoiser, expand, score_of

from ._mixture import Mixture

__all__ = [
    "Bound",
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


@dataclass(frozen=True)
class Bound:
    """How the bound is estimated; see the module's text.

    Attributes:
        score: Which of the teacher's scores.
        control: Whether the experts' own score is taken from it.
        diffused: Whether experts are noised as the target is.
        weighted: Whether every time weighs (sigma_t / alpha_t)^2.
    """

    score: Score = rescaled_score
    control: bool = False
    diffused: bool = False
    weighted: bool = False


def expert_loss(
    mixture: Mixture,
    eps: Tensor,
    t: Tensor,
    cond: Tensor,
    teacher: Denoiser,
    how: Bound | None = None,
) -> Tensor:
    """The experts' loss, one value per example, (B,).

    The value is that of the surrogate, not of the bound; the gradients agree.

    Args:
        mixture: The student's, differentiable.
        eps: Standard normal noise (B, K, V, H, A), V draws for each expert.
        t: Times (B, K, V) in the teacher's domain.
        cond: The teacher's conditions (B, C).
        teacher: Frozen; no gradient reaches it.
        how: How it is estimated.
    """
    how = how or Bound()
    alpha_t, sigma_t = teacher.schedule(t.flatten())
    ratio = (sigma_t / alpha_t).view_as(t).to(eps)
    noise = ratio[..., None] if how.diffused else None
    x, push = _drawn(mixture, eps.flatten(3), noise)  # (B, K, V, D) each
    with torch.no_grad():
        rows = cond[:, None, None].expand(*t.shape, -1).flatten(0, 2)
        chunks = x.reshape(-1, *eps.shape[3:])
        s = how.score(teacher, chunks, t.flatten(), rows).view_as(x)
        if how.control:
            s = s + push
    gain = (s * x).sum(-1) + _own_log_responsibilities(mixture.detach(), x, noise)
    if not how.control:
        gain = gain + mixture.entropies()[..., None]
    if how.weighted:
        gain = ratio.square() * gain
    pi = mixture.log_weights.detach().exp()
    return -(pi * gain.mean(-1)).sum(-1)


def _drawn(
    mixture: Mixture, eps: Tensor, noise: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Draws x of every expert, and minus its own score there.

    Args:
        mixture: Differentiable.
        eps: (B, K, V, D).
        noise: Spread of the draws (B, K, V, 1); the experts' own if None.
    """
    if noise is not None:
        return mixture.means[:, :, None] + noise * eps, eps / noise
    x = mixture.samples(eps)
    push = torch.linalg.solve_triangular(mixture.chols.mT, eps.mT, upper=True).mT
    return x, push


def _own_log_responsibilities(old: Mixture, x: Tensor, noise: Tensor | None) -> Tensor:
    """log r~(k | x_kv), (B, K, V), of the expert that drew each x (B, K, V, D).

    Args:
        old: A constant.
        x: Draws.
        noise: As in `_drawn`.
    """
    batch, k, v, _ = x.shape
    if noise is None:
        log_r = old.log_responsibilities(x.flatten(1, 2)).view(batch, k, v, k)
    else:
        apart = (x[:, :, :, None] - old.means[:, None, None]).square().sum(-1)
        log_joint = old.log_weights[:, None, None] - apart / (2 * noise.square())
        log_r = log_joint.log_softmax(-1)
    return log_r.diagonal(dim1=1, dim2=3).mT  # (B, V, K) to (B, K, V)

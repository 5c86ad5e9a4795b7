"""Teachers whose every answer is known in closed form.

The clean chunk, flattened to D = H A numbers, follows a mixture of K Gaussians whose
means move with the condition c:

    p(x | c) = sum_k w_k N(x; mu_k(c), Sigma_k),     mu_k(c) = m_k + M_k c

With x_t = alpha x + sigma eps each component stays Gaussian, of mean alpha mu_k and
covariance alpha^2 Sigma_k + sigma^2 I. Writing Sigma_k = U_k diag(lambda_k) U_k^T and
r_k = U_k^T (x_t - alpha mu_k), the component's denoiser is

    E[x | x_t, c, k] = mu_k + U_k ( alpha lambda_k / (alpha^2 lambda_k + sigma^2) r_k )

and the mixture's is its average under the responsibilities p(k | x_t, c). Score,
log-density and samples follow. The three schedules below are the simplest of each
kind; they let a method be tried on all of them without a teacher package.

References:
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), appendix B.3 | https://arxiv.org/abs/2206.00364

This module needs torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ._algebra import expand, score_of
from ._policy import Obs, Signature
from ._schedule import Domain, Schedule

__all__ = [
    "CosineVP",
    "DiscreteVP",
    "MixtureTeacher",
    "VarianceExploding",
    "gaussian_teacher",
]


@dataclass(frozen=True)
class CosineVP:
    """Continuous variance preserving: alpha_t = cos(pi t / 2), sigma_t = sin(pi t / 2).

    The domain stops short of both ends, where either level would be zero.
    """

    @property
    def domain(self) -> Domain:
        """[0.01, 0.999]."""
        return Domain(0.01, 0.999)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """The levels at t in [0.01, 0.999]."""
        return torch.cos(math.pi / 2 * t), torch.sin(math.pi / 2 * t)


@dataclass(frozen=True)
class DiscreteVP:
    """`CosineVP` read at the T midpoints (t + 1/2) / T of t = 0, ..., T - 1."""

    steps: int = 100

    @property
    def domain(self) -> Domain:
        """The integers 0, ..., T - 1."""
        return Domain(0.0, self.steps - 1.0, self.steps)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """The levels at the integer t."""
        angle = math.pi / 2 * (t + 0.5) / self.steps
        return torch.cos(angle), torch.sin(angle)


@dataclass(frozen=True)
class VarianceExploding:
    """alpha_t = 1, sigma_t = sigma_min^(1 - t) sigma_max^t for t in [0, 1]."""

    sigma_min: float = 0.02
    sigma_max: float = 20.0

    @property
    def domain(self) -> Domain:
        """[0, 1]."""
        return Domain(0.0, 1.0)

    def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """The levels at t."""
        sigma_t = self.sigma_min ** (1 - t) * self.sigma_max**t
        return torch.ones_like(sigma_t), sigma_t


class MixtureTeacher(nn.Module):
    """A conditional Gaussian mixture as a teacher; see the module's text.

    The condition is the last frame of the observation ``"state"``, of shape (C,), and
    actions are chunks times `scale`, so that a method that forgets to denormalise is
    found out.

    Args:
        weights: w, (K,), positive; normalised here.
        means: m, (K, D), with D = horizon * action_dim.
        maps: M, (K, D, C).
        covs: Sigma, (K, D, D), symmetric positive definite.
        horizon: H.
        schedule: Any schedule.
        scale: Actions per unit of x.
    """

    def __init__(
        self,
        weights: Tensor,
        means: Tensor,
        maps: Tensor,
        covs: Tensor,
        *,
        horizon: int = 1,
        schedule: Schedule | None = None,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.schedule: Schedule = CosineVP() if schedule is None else schedule
        self.scale = scale
        self.signature = Signature(
            obs={"state": (maps.shape[-1],)},
            n_obs=1,
            horizon=horizon,
            n_action=horizon,
            action_dim=means.shape[-1] // horizon,
        )
        variances, axes = torch.linalg.eigh(covs)
        self.weights = nn.Buffer(weights / weights.sum())
        # Whatever is expanded takes memory of its own: averages are copied into it.
        self.means = nn.Buffer(means.clone())
        self.maps = nn.Buffer(maps.clone())
        self.variances = nn.Buffer(variances)  # (K, D), lambda_k
        self.axes = nn.Buffer(axes)  # (K, D, D), columns of U_k

    def component_means(self, cond: Tensor) -> Tensor:
        """mu_k(c), of shape (B, K, D)."""
        return self.means + torch.einsum("kdc,bc->bkd", self.maps, cond)

    def _levels(self, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """alpha_t and sigma_t for every row of x, each (B, 1, 1)."""
        alpha_t, sigma_t = self.schedule(t.expand(x.shape[0]))
        return expand(alpha_t, x), expand(sigma_t, x)

    def _components(
        self, x_t: Tensor, alpha: Tensor, sigma: Tensor, cond: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Each component's denoised chunk (B, K, D) and log w_k p_t(x_t | k) (B, K)."""
        mu = self.component_means(cond)
        r = torch.einsum(
            "kde,bkd->bke", self.axes, x_t.flatten(1)[:, None] - alpha * mu
        )
        var = alpha**2 * self.variances + sigma**2  # (B, K, D)
        log_p = -0.5 * (r**2 / var + var.log() + math.log(2 * math.pi)).sum(-1)
        shrunk = alpha * self.variances / var * r
        x = mu + torch.einsum("kde,bke->bkd", self.axes, shrunk)
        return x, self.weights.log() + log_p

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """E[x | x_t, c], (B, H, A)."""
        x, log_joint = self._components(x_t, *self._levels(t, x_t), cond)
        responsibilities = log_joint.softmax(-1)
        return torch.einsum("bk,bkd->bd", responsibilities, x).view_as(x_t)

    network = forward

    def log_prob(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """log p_t(x_t | c), (B,)."""
        return self._components(x_t, *self._levels(t, x_t), cond)[1].logsumexp(-1)

    def log_prob_clean(self, x: Tensor, cond: Tensor) -> Tensor:
        """log p(x | c) of clean chunks, (B,)."""
        one = x.new_ones(len(x), 1, 1)
        return self._components(x, one, 0 * one, cond)[1].logsumexp(-1)

    def score(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """The gradient of `log_prob` in x_t, (B, H, A)."""
        alpha, sigma = self._levels(t, x_t)
        return score_of(x_t, self(x_t, t, cond), alpha, sigma)

    def sample(self, cond: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Exact clean chunks, one per condition, (B, H, A)."""
        batch = len(cond)
        k = torch.multinomial(
            self.weights, batch, replacement=True, generator=generator
        )
        z = torch.randn(batch, self.means.shape[1], generator=generator).to(cond)
        spread = torch.einsum("bde,be->bd", self.axes[k], self.variances[k].sqrt() * z)
        mu = self.component_means(cond)[torch.arange(batch), k]
        return (mu + spread).view(batch, *self.signature.chunk)

    def encode(self, obs: Obs) -> Tensor:
        """The last frame of ``"state"``, (B, C)."""
        return obs["state"][:, -1].to(self.means.dtype)

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """Actions over `scale`."""
        return actions / self.scale

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """Chunks times `scale`."""
        return x * self.scale


def gaussian_teacher(
    mean: Tensor,
    linear: Tensor,
    cov: Tensor,
    *,
    horizon: int = 1,
    schedule: Schedule | None = None,
    scale: float = 1.0,
) -> MixtureTeacher:
    """x | c ~ N(mean + linear c, cov): the mixture of one component.

    Args:
        mean: (D,).
        linear: (D, C).
        cov: (D, D).
        horizon: H.
        schedule: Any schedule.
        scale: Actions per unit of x.
    """
    return MixtureTeacher(
        torch.ones(1),
        mean[None],
        linear[None],
        cov[None],
        horizon=horizon,
        schedule=schedule,
        scale=scale,
    )

"""A conditional mixture of K Gaussians over flattened chunks of D = H A numbers.

    q(x | cond) = sum_k pi_k(cond) N(x; mu_k(cond), L_k L_k^T)

with L_k lower triangular of positive diagonal, so that

    log N(x; mu, L L^T) = -|L^-1 (x - mu)|^2 / 2 - log det L - D/2 log 2 pi
    H(N(mu, L L^T))     = log det L + D/2 (1 + log 2 pi)

Responsibilities q(k | x, cond) are a softmax over log pi_k + log N_k and stay
logarithms throughout: densities over chunks under- and overflow single precision.

References:
    | Pattern Recognition and Machine Learning (Bishop, 2006)
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Mixture"]


class Mixture(NamedTuple):
    """One mixture per row.

    Attributes:
        log_weights: log pi_k, (B, K), normalised.
        means: mu_k, (B, K, D).
        chols: L_k, (B, K, D, D).
    """

    log_weights: Tensor
    means: Tensor
    chols: Tensor

    def detach(self) -> Mixture:
        """The same mixture as a constant."""
        return Mixture(*(tensor.detach() for tensor in self))

    def samples(self, eps: Tensor) -> Tensor:
        """mu_k + L_k eps, of every expert k, for eps (B, K, V, D); differentiable."""
        # Not a matmul, which autocast would do in half precision.
        spread = (self.chols[:, :, None] * eps[..., None, :]).sum(-1)
        return self.means[:, :, None] + spread

    def expert_log_probs(self, x: Tensor) -> Tensor:
        """log N(x_n; mu_k, L_k L_k^T), (B, N, K), of N points per row, x (B, N, D)."""
        r = x[:, None] - self.means[:, :, None]  # (B, K, N, D)
        z = torch.linalg.solve_triangular(self.chols, r.mT, upper=False)
        constant = self._log_det() + 0.5 * math.log(2 * math.pi) * x.shape[-1]
        log_probs: Tensor = -0.5 * z.square().sum(-2) - constant[..., None]
        return log_probs.mT

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x_n), (B, N), of N points per row, x (B, N, D)."""
        return self._log_joint(x).logsumexp(-1)

    def log_responsibilities(self, x: Tensor) -> Tensor:
        """log q(k | x_n), (B, N, K), of N points per row, x (B, N, D)."""
        return self._log_joint(x).log_softmax(-1)

    def entropies(self) -> Tensor:
        """Differential entropy of every expert, (B, K) [nat].

        The mixture's own has no closed form; it lies between sum_k pi_k H_k and that
        plus `gate_entropy`.
        """
        dim = self.means.shape[-1]
        return self._log_det() + 0.5 * dim * (1 + math.log(2 * math.pi))

    def gate_entropy(self) -> Tensor:
        """Entropy of the choice of an expert, (B,) [nat], at most log K."""
        return -(self.log_weights.exp() * self.log_weights).sum(-1)

    def _log_joint(self, x: Tensor) -> Tensor:
        return self.log_weights[:, None] + self.expert_log_probs(x)

    def _log_det(self) -> Tensor:
        return self.chols.diagonal(dim1=-2, dim2=-1).log().sum(-1)

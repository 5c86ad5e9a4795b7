"""Koopman operators: one multiplication that carries a latent from noise to data.

* `DynamicKoopman` (FDK):  z' = P (gamma_omega(z) ⊙ Q z). The eigenvalues gamma depend
  on the latent, and with it on the condition; P and Q are shared by all.
* `DenseKoopman` (KDM):  z' = K z + b, any matrix.
* `DecomposedKoopman` (KDM-F):  z' = Re(P (lambda ⊙ P_inv z)) with complex eigenvalues
  lambda = exp(-exp(nu)) e^{i exp(theta)}, all inside the unit circle and the same for
  every input.

gamma = 1 + tanh(MLP), so that 0 < gamma < 2, and starts at 1 with Q = P^T orthogonal:
the operator starts as the identity. No public text gives FDK's gamma or its start;
both are this package's reading.

References:
    | Dynamic Neural Koopman / FDK, 2026, the operator's diagram and "Operator losses"
    | https://arxiv.org/abs/2605.24924
    | One-step offline distillation of diffusion models via Koopman modelling (KDM)
    | Resurrecting Recurrent Neural Networks (Orvieto et al., 2023), section 3.3, the
    | eigenvalues' parametrisation | https://arxiv.org/abs/2303.06349
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["DecomposedKoopman", "DenseKoopman", "DynamicKoopman", "Operator"]


class Operator(nn.Module):
    """z (B, d) -> z' (B, d)."""

    def forward(self, z: Tensor) -> Tensor:
        """One transition."""
        raise NotImplementedError


class DynamicKoopman(Operator):
    """FDK's factorised operator K_omega(z) = P diag(gamma_omega(z)) Q.

    Args:
        latent: d.
        width: Units of omega's layer; 2 d without.
    """

    def __init__(self, latent: int, width: int | None = None) -> None:
        super().__init__()
        axes = nn.init.orthogonal_(torch.empty(latent, latent))
        self.P = nn.Parameter(axes)
        self.Q = nn.Parameter(axes.T.clone(memory_format=torch.contiguous_format))
        width = width or 2 * latent
        last = nn.Linear(width, latent)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.omega = nn.Sequential(nn.Linear(latent, width), nn.SiLU(), last)

    def gamma(self, z: Tensor) -> Tensor:
        """Eigenvalues gamma_omega(z) in (0, 2), (B, d)."""
        return 1 + torch.tanh(self.omega(z))

    def turned(self, z: Tensor) -> Tensor:
        """gamma(z) ⊙ Q z, (B, d)."""
        return self.gamma(z) * (z @ self.Q.T)

    def forward(self, z: Tensor) -> Tensor:
        """z' = P (gamma(z) ⊙ Q z)."""
        return self.turned(z) @ self.P.T

    def inverse_error(self) -> Tensor:
        """(||PQ - I||_F^2 + ||QP - I||_F^2) / d^2."""
        return _distance_to_identity(self.P, self.Q)


class DenseKoopman(Operator):
    """KDM's operator, a linear map with bias.

    Args:
        latent: d.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.K = nn.Linear(latent, latent)

    def forward(self, z: Tensor) -> Tensor:
        """z' = K z + b."""
        moved: Tensor = self.K(z)
        return moved


class DecomposedKoopman(Operator):
    """KDM-F's operator, P Lambda P_inv, with P_inv a matrix of its own.

    z is lifted to (Re, Im) = (z, 0), complex matrices are the real 2d x 2d blocks
    [[Re, -Im], [Im, Re]], and the first d numbers of the result are z'. Rows of P have
    unit length.

    Args:
        latent: d.
    """

    U: Tensor

    def __init__(self, latent: int) -> None:
        super().__init__()
        radius_squared = torch.rand(latent).clamp(1e-6, 1 - 1e-6)
        phase = (2 * math.pi * torch.rand(latent)).clamp(min=1e-3)
        self.nu = nn.Parameter((-0.5 * radius_squared.log()).log())
        self.theta = nn.Parameter(phase.log())
        axes = nn.init.orthogonal_(torch.empty(2 * latent, latent))
        self.P = nn.Parameter(axes.view(2, latent, latent))
        free = torch.randn(2, latent, latent) / math.sqrt(2 * latent)
        self.P_inv = nn.Parameter(free)
        self.register_buffer("U", 2 * torch.rand(2, latent) - 1)

    def eigenvalues(self) -> Tensor:
        """Re and Im of lambda, (2, d)."""
        phase = self.theta.exp()
        return torch.exp(-self.nu.exp()) * torch.stack((phase.cos(), phase.sin()))

    def forward(self, z: Tensor) -> Tensor:
        """z' = Re(P (lambda ⊙ P_inv z))."""
        lifted = torch.cat((z, torch.zeros_like(z)), dim=-1)
        re, im = (lifted @ _block(self.P_inv).T).chunk(2, dim=-1)
        a, b = self.eigenvalues()
        turned = torch.cat((a * re - b * im, a * im + b * re), dim=-1)
        return (turned @ _block(self._unit_rows()).T)[:, : z.shape[-1]]

    def inverse_error(self) -> Tensor:
        """MSE(P_inv P, I) + MSE(P P_inv, I) of the blocks."""
        return _distance_to_identity(_block(self._unit_rows()), _block(self.P_inv))

    def eigenvalue_error(self) -> Tensor:
        """mean |lambda - U|, U drawn once in the square [-1, 1]^2."""
        gap: Tensor = torch.linalg.vector_norm(self.eigenvalues() - self.U, dim=0)
        return gap.mean()

    def _unit_rows(self) -> Tensor:
        return self.P / self.P.square().sum((0, 2), keepdim=True).sqrt()


def _block(matrix: Tensor) -> Tensor:
    """A complex matrix (2, d, d) as a real one (2d, 2d)."""
    re, im = matrix
    return torch.cat((torch.cat((re, -im), 1), torch.cat((im, re), 1)))


def _distance_to_identity(p: Tensor, q: Tensor) -> Tensor:
    one = torch.eye(len(p), dtype=p.dtype, device=p.device)
    return (p @ q - one).square().mean() + (q @ p - one).square().mean()

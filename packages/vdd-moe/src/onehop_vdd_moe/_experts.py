"""The network: conditions to a mixture of Gaussian experts, in one call.

    h          = backbone(cond)
    mu         = W_mu h                      residual MLP, one bias per expert
    L          = tril(W_L h)                 residual MLP, diag = softplus(.) + min_std
    log pi     = log softmax(W_pi sg(h))     residual MLP on detached features

The gate reads the features but does not shape them: it learns from data while the
experts learn from the teacher. The last layers start near zero, so that training starts
from experts N(b_k, init_std^2 I), equally likely, where b_k is one action drawn from
U(-mean_bound, mean_bound) and held for the whole chunk. (Biases drawn anew for every
step of a chunk cancel along it: all experts then start about as far from every mode,
and go to the same one.) All weights start orthogonal. The authors' init_std is 1.

Instead, backbone and means may start from what the teacher knows, as the paper proposes
for the backbone: the trunk of its network at (x_t = 0, T), and its last layer K times,
plus b_k. Every expert is then the teacher's mean chunk, moved a little.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024) | https://arxiv.org/abs/2406.12538
    | its code: heads of 2 x 256 and 2 x 64 units, min_std 1e-4 and init_std 1
    | Exact solutions to the nonlinear dynamics of learning in deep linear neural
    | networks (Saxe et al., 2014), for the orthogonal start
    | https://arxiv.org/abs/1312.6120
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import silu, softplus

from onehop_interfaces import Teacher
from onehop_interfaces.options import Positive, Size
from onehop_interfaces.spaces import halves_of

from ._mixture import Mixture

__all__ = ["Experts", "Network"]

LAST_GAIN = 0.01

Start: TypeAlias = Literal["fresh", "teacher"]


@dataclass(frozen=True)
class Network:
    """Sizes and starting point of `Experts`, as data."""

    experts: Size = 8
    """K, the number of experts."""
    width: Size = 256
    """Features, and units in the backbone's layers."""
    blocks: Size = 2
    """Residual blocks in the backbone, two layers each."""
    head_width: Size = 256
    """Units in the two layers of the mean's and the covariance's heads."""
    gate_width: Size = 64
    """Units in the two layers of the gate."""
    std: Positive | None = None
    """Full covariances, or the fixed spread of experts N(mu_k, std^2 I)."""
    min_std: Positive = 1e-4
    """Least diagonal entry of L."""
    init_std: Positive = 0.3
    """Diagonal of L at the start."""
    mean_bound: Positive = 1.0
    """Largest entry of an expert's bias at the start."""
    start: Start = "fresh"
    """Backbone and means with fresh weights, or from the teacher's network, where that
    predicts x and has a last layer; width and blocks are then its own."""


class Experts(nn.Module):
    """(B, C) conditions to a `Mixture` of K experts over D numbers.

    Args:
        cond_dim: C.
        dim: D, horizon times action_dim.
        network: Sizes and starting point.
        action_dim: Numbers in an action, which experts start with; D if not given.
        teacher: Whose network they start from, if the start says so and it can be.
    """

    def __init__(
        self,
        cond_dim: int,
        dim: int,
        network: Network | None = None,
        action_dim: int | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.network = network = network or Network()
        halves = halves_of(teacher) if network.start == "teacher" else None
        width, k = network.width, network.experts
        width = width if halves is None else halves.last.in_features
        self.mean = _residual_mlp(width, network.head_width, k * dim)
        self.gate = _residual_mlp(width, network.gate_width, k)
        self.chol: nn.Sequential | None = None
        if network.std is None:
            numbers = k * dim * (dim + 1) // 2
            self.chol = _residual_mlp(width, network.head_width, numbers)
        self._start_heads(action_dim or dim)
        self.backbone: nn.Module
        if halves is None or teacher is None:
            self.backbone = _residual_mlp(cond_dim, width, width, network.blocks)
        else:
            self.backbone = AtZero(teacher, halves.trunk)
            self.mean = nn.Sequential(self._repeated(halves.last))

    def forward(self, cond: Tensor) -> Mixture:
        """The mixture for each condition (B, C), in single precision or better."""
        h = self.backbone(cond)
        means = _at_least_single(self.mean(h)).view(h.shape[0], -1, self.dim)
        logits = _at_least_single(self.gate(h.detach()))
        return Mixture(logits.log_softmax(-1), means, self._chols(h, means))

    def gate_parameters(self) -> list[nn.Parameter]:
        """What learns from responsibilities alone."""
        return list(self.gate.parameters())

    def expert_parameters(self) -> list[nn.Parameter]:
        """Everything else: backbone, means and covariances."""
        gate = set(self.gate_parameters())
        return [p for p in self.parameters() if p not in gate]

    def _chols(self, h: Tensor, means: Tensor) -> Tensor:
        """L_k, (B, K, D, D)."""
        if self.chol is None:
            diagonal = torch.full_like(means, cast(float, self.network.std))
            return torch.diag_embed(diagonal)
        numbers = _at_least_single(self.chol(h)).view(*means.shape[:2], -1)
        diagonal = softplus(numbers[..., : self.dim]) + self.network.min_std
        rows, cols = torch.tril_indices(self.dim, self.dim, -1, device=means.device)
        chols = torch.diag_embed(diagonal)
        chols[..., rows, cols] = numbers[..., self.dim :]
        return chols

    @torch.no_grad()
    def _start_heads(self, action_dim: int) -> None:
        network = self.network
        heads = [head for head in (self.mean, self.chol, self.gate) if head is not None]
        lasts = [cast(nn.Linear, head[-1]) for head in heads]
        for last in lasts:
            last.weight.mul_(LAST_GAIN)
        action = torch.empty(network.experts, 1, action_dim)
        action.uniform_(-network.mean_bound, network.mean_bound)
        lasts[0].bias.view(network.experts, -1, action_dim).copy_(action)
        if self.chol is not None:
            raw = math.log(math.expm1(network.init_std - network.min_std))
            lasts[1].bias.view(network.experts, -1)[:, : self.dim] = raw

    @torch.no_grad()
    def _repeated(self, last: nn.Linear) -> nn.Linear:
        """The teacher's last layer for every expert, plus its bias at the start."""
        k, start = self.network.experts, cast(nn.Linear, self.mean[-1]).bias
        repeated = nn.Linear(last.in_features, k * self.dim)
        repeated.weight.copy_(last.weight.repeat(k, 1))
        repeated.bias.copy_(last.bias.repeat(k) + start)
        return repeated


class AtZero(nn.Module):
    """A trunk (x_t, t, cond) -> (B, d), asked without any x_t, at the noisiest time.

    Args:
        teacher: Whose shape of chunks and time these are.
        trunk: Of its network.
    """

    def __init__(self, teacher: Teacher, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.chunk, self.t = teacher.signature.chunk, teacher.schedule.domain.t_max

    def forward(self, cond: Tensor) -> Tensor:
        """Features (B, d) of conditions (B, C)."""
        rows = cond.shape[0]
        x_t, t = cond.new_zeros(rows, *self.chunk), cond.new_full((rows,), self.t)
        return cast(Tensor, self.trunk(x_t, t, cond))


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, width)
        self.linear2 = nn.Linear(width, width)

    def forward(self, h: Tensor) -> Tensor:
        update: Tensor = self.linear2(silu(self.linear1(self.norm(h))))
        return h + update


def _residual_mlp(
    in_dim: int, width: int, out_dim: int, blocks: int = 1
) -> nn.Sequential:
    """A linear layer in, `blocks` residual blocks of two layers, a linear layer out."""
    middle = (_Residual(width) for _ in range(blocks))
    ends = nn.Linear(in_dim, width), nn.LayerNorm(width), nn.Linear(width, out_dim)
    mlp = nn.Sequential(ends[0], *middle, *ends[1:])
    for layer in mlp.modules():
        if isinstance(layer, nn.Linear):
            nn.init.orthogonal_(layer.weight)
            nn.init.zeros_(layer.bias)
    return mlp


def _at_least_single(x: Tensor) -> Tensor:
    """Out of autocast's half precision, in which log-densities mean nothing."""
    return x.to(torch.promote_types(x.dtype, torch.float32))

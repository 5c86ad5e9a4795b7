"""Diffusion Policy's conditional U-Net over the time axis of a chunk.

Each residual block is two 1-D convolutions (GroupNorm, Mish) with the condition let in
between them feature-wise, h <- scale(cond) h + shift(cond) (FiLM). Going down, every
level but the last halves the time axis; going up, every level takes in the features
left on the way down. The condition is [embedding(t) through a small MLP, cond].

The published sizes:

===================  =====================  ====================
task                 down_dims              time_dim
===================  =====================  ====================
low-dimensional      (256, 512, 1024)       256
images               (512, 1024, 2048)      128
===================  =====================  ====================

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 3.1 | https://arxiv.org/abs/2303.04137
    | FiLM: Visual Reasoning with a General Conditioning Layer (Perez et al., 2018)
    | https://arxiv.org/abs/1709.07871
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput

from .._embedding import SinusoidalEmbedding

__all__ = ["UNet1D"]


def _convolution(in_dim: int, out_dim: int, kernel: int, groups: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(in_dim, out_dim, kernel, padding=kernel // 2),
        nn.GroupNorm(groups, out_dim),
        nn.Mish(),
    )


@final
class _Block(nn.Module):
    """(B, in_dim, L), (B, C) -> (B, out_dim, L)."""

    def __init__(
        self, in_dim: int, out_dim: int, cond_dim: int, kernel: int, groups: int
    ) -> None:
        super().__init__()
        self.convolution1 = _convolution(in_dim, out_dim, kernel, groups)
        self.convolution2 = _convolution(out_dim, out_dim, kernel, groups)
        self.film = nn.Sequential(nn.Mish(), nn.Linear(cond_dim, 2 * out_dim))
        self.skip: nn.Module = nn.Identity()
        if in_dim != out_dim:
            self.skip = nn.Conv1d(in_dim, out_dim, 1)

    def forward(self, h: Tensor, cond: Tensor) -> Tensor:
        scale, shift = self.film(cond).unsqueeze(-1).chunk(2, dim=1)
        out = self.convolution2(scale * self.convolution1(h) + shift)
        return out + self.skip(h)  # type: ignore[no-any-return]


@final
class _Level(nn.Module):
    """Two blocks and a change of resolution (none, if `resample` is an identity)."""

    def __init__(self, block1: _Block, block2: _Block, resample: nn.Module) -> None:
        super().__init__()
        self.block1, self.block2, self.resample = block1, block2, resample

    def forward(self, h: Tensor, cond: Tensor) -> tuple[Tensor, Tensor]:
        h = self.block2(self.block1(h, cond), cond)
        return self.resample(h), h


def _check(horizon: int, down_dims: Sequence[int], kernel: int) -> None:
    """Refuse sizes that no such network has."""
    if not down_dims or kernel % 2 == 0:
        raise BadInput(
            f"UNet1D: expected at least one level and an odd kernel, got down_dims "
            f"{down_dims} and kernel {kernel}"
        )
    if horizon % 2 ** (len(down_dims) - 1):
        raise BadInput(
            f"UNet1D.horizon: expected a multiple of {2 ** (len(down_dims) - 1)} "
            f"for {len(down_dims)} levels, got {horizon}"
        )


@final
class UNet1D(nn.Module):
    """Conditional U-Net over time.

    Args:
        horizon: H, a multiple of 2 for every level but the last.
        action_dim: A, numbers in an action.
        cond_dim: C, numbers in a condition.
        down_dims: Channels of each level, from the finest.
        time_dim: Number of features the time is embedded in.
        kernel: Width of the convolutions, odd.
        groups: Groups of the group normalisation; each level's channels are a multiple.
        last_groups: The same before the last layer, `groups` without; Diffusion Policy
            and LeRobot have 8 there, whatever else they have.
    """

    def __init__(
        self,
        horizon: int,
        action_dim: int,
        cond_dim: int,
        down_dims: Sequence[int] = (256, 512, 1024),
        time_dim: int = 256,
        kernel: int = 5,
        groups: int = 8,
        last_groups: int | None = None,
    ) -> None:
        super().__init__()
        _check(horizon, down_dims, kernel)
        self.horizon, self.action_dim, self.cond_dim = horizon, action_dim, cond_dim
        self.down_dims, self.time_dim = tuple(down_dims), time_dim
        self.kernel, self.groups, self.last_groups = kernel, groups, last_groups

        self.time = nn.Sequential(
            SinusoidalEmbedding(time_dim),
            nn.Linear(time_dim, 4 * time_dim),
            nn.Mish(),
            nn.Linear(4 * time_dim, time_dim),
        )
        dims = (action_dim, *down_dims)
        self.down = nn.ModuleList(
            self._level(dims[i], dims[i + 1], self._halve(i))
            for i in range(len(down_dims))
        )
        self.middle1 = self._block(dims[-1], dims[-1])
        self.middle2 = self._block(dims[-1], dims[-1])
        self.up = nn.ModuleList(
            self._level(2 * dims[i + 1], dims[i], self._double(dims[i]))
            for i in reversed(range(1, len(down_dims)))
        )
        self.last = nn.Sequential(
            _convolution(dims[1], dims[1], kernel, last_groups or groups),
            nn.Conv1d(dims[1], action_dim, 1),
        )

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """F, for x_t (B, H, A), t (B,) and cond (B, C), of x_t's shape."""
        cond = torch.cat((self.time(t), cond), dim=-1)
        h, left = x_t.transpose(1, 2), []  # (B, A, H)
        for level in self.down:
            h, features = level(h, cond)
            left.append(features)
        h = self.middle2(self.middle1(h, cond), cond)
        for level in self.up:
            h, _ = level(torch.cat((h, left.pop()), dim=1), cond)
        return self.last(h).transpose(1, 2)  # type: ignore[no-any-return]

    def _block(self, in_dim: int, out_dim: int) -> _Block:
        cond_dim = self.time_dim + self.cond_dim
        return _Block(in_dim, out_dim, cond_dim, self.kernel, self.groups)

    def _level(self, in_dim: int, out_dim: int, resample: nn.Module) -> _Level:
        return _Level(
            self._block(in_dim, out_dim), self._block(out_dim, out_dim), resample
        )

    def _halve(self, level: int) -> nn.Module:
        if level == len(self.down_dims) - 1:
            return nn.Identity()
        return nn.Conv1d(self.down_dims[level], self.down_dims[level], 3, 2, 1)

    @staticmethod
    def _double(dim: int) -> nn.Module:
        return nn.ConvTranspose1d(dim, dim, 4, 2, 1)

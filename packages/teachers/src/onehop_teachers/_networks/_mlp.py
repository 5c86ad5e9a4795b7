"""A residual MLP over the whole chunk at once.

    h = W [x_t, embedding(t), cond]
    h = h + W_2 act(W_1 norm(h))        `blocks` times
    F = W norm(h)

A chunk of 16 x 2 numbers is small enough to need no convolution. Its size is the cost
of a decision: at batch 1 an MLP reads each weight once and does little else.

References:
    | Deep Residual Learning for Image Recognition (He et al., 2016)
    | https://arxiv.org/abs/1512.03385
    | On Layer Normalization in the Transformer Architecture (Xiong et al., 2020),
    | for normalising before the block | https://arxiv.org/abs/2002.04745
"""

from typing import cast, final

import torch
from torch import Tensor, nn

from .._embedding import SinusoidalEmbedding

__all__ = ["ResidualMLP"]


@final
class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, width)
        self.linear2 = nn.Linear(width, width)

    def forward(self, h: Tensor) -> Tensor:
        residual: Tensor = self.linear2(nn.functional.silu(self.linear1(self.norm(h))))
        return h + residual


@final
class ResidualMLP(nn.Module):
    """Pre-normalised residual MLP; 2.2 M parameters for Push-T as it stands.

    Args:
        horizon: H, actions in a chunk.
        action_dim: A, numbers in an action.
        cond_dim: C, numbers in a condition.
        width: Width of the hidden layers.
        blocks: Number of residual blocks, two hidden layers each.
        time_dim: Number of features the time is embedded in.
    """

    def __init__(
        self,
        horizon: int,
        action_dim: int,
        cond_dim: int,
        width: int = 512,
        blocks: int = 4,
        time_dim: int = 64,
    ) -> None:
        super().__init__()
        self.horizon, self.action_dim, self.cond_dim = horizon, action_dim, cond_dim
        self.width, self.blocks, self.time_dim = width, blocks, time_dim
        self.embedding = SinusoidalEmbedding(time_dim)
        self.first = nn.Linear(horizon * action_dim + time_dim + cond_dim, width)
        self.hidden = nn.Sequential(*(_Block(width) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, horizon * action_dim)

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """F, for x_t (B, H, A), t (B,) and cond (B, C), of x_t's shape."""
        return self.last(self.features(x_t, t, cond)).view_as(x_t)  # type: ignore[no-any-return]

    def features(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """What the last layer is given, (B, width)."""
        h = torch.cat((x_t.flatten(1), self.embedding(t), cond), dim=-1)
        return cast(Tensor, self.norm(self.hidden(self.first(h))))

"""Time as sinusoids, sin(w_i t) and cos(w_i t) with w_i from 1 down to 1 / 10,000.

References:
    | Attention Is All You Need (Vaswani et al., 2017), section 3.5
    | https://arxiv.org/abs/1706.03762
"""

import math
from typing import final

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput

__all__ = ["SinusoidalEmbedding"]


@final
class SinusoidalEmbedding(nn.Module):
    """t (B,) -> (B, dim), sines first.

    Args:
        dim: Number of features, even and at least 4.
    """

    frequencies: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim < 4 or dim % 2:
            raise BadInput(f"time_dim: expected an even number from 4 on, got {dim}")
        half = dim // 2
        frequencies = torch.exp(-math.log(10_000) * torch.arange(half) / (half - 1))
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        """Features of t."""
        phase = t[:, None] * self.frequencies
        return torch.cat((phase.sin(), phase.cos()), dim=-1)

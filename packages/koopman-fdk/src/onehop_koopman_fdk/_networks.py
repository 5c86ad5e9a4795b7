"""The encoder's and decoder's network: a residual MLP.

h_0 = W_in u,     h_{i+1} = h_i + W_i silu(norm(h_i)),     out = W_out silu(h_n)
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

__all__ = ["Residual", "mlp"]


class Residual(nn.Module):
    """h + W silu(norm(h)).

    Args:
        width: Size of h.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, width)
        )

    def forward(self, h: Tensor) -> Tensor:
        """h (B, width) to the same shape."""
        return h + cast(Tensor, self.branch(h))


def mlp(size_in: int, size_out: int, width: int, depth: int) -> nn.Sequential:
    """A residual MLP (B, size_in) -> (B, size_out) with `depth` blocks."""
    blocks = [Residual(width) for _ in range(depth)]
    ends = nn.Linear(size_in, width), nn.Linear(width, size_out)
    return nn.Sequential(ends[0], *blocks, nn.SiLU(), ends[1])

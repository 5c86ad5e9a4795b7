"""The encoder's and decoder's network: a residual MLP.

h_0 = W_in u,     h_{i+1} = h_i + W_i silu(norm(h_i)),     out = W_out silu(h_n)

or, of an encoder, the trunk of a teacher's network at the two ends of its schedule.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from onehop_interfaces import Schedule, expand
from onehop_interfaces.drawing import spread

__all__ = ["AtEnds", "Residual", "mlp"]


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


class AtEnds(nn.Module):
    """A trunk (x_t, t, cond) -> (B, d), told of the two ends of a schedule only.

    Args:
        schedule: The teacher's.
        trunk: Of the teacher's network.
    """

    def __init__(self, schedule: Schedule, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.t_min, self.t_max = schedule.domain.t_min, schedule.domain.t_max
        self.scale = spread(schedule)
        self.schedule = schedule

    def forward(self, prior: Tensor, cond: Tensor) -> Tensor:
        """Features of priors in units of their spread, (B, H, A), at t_max."""
        t = prior.new_full(prior.shape[:1], self.t_max)
        return cast(Tensor, self.trunk(self.scale * prior, t, cond))

    def of_clean(self, x: Tensor, cond: Tensor) -> Tensor:
        """Features of clean chunks (B, H, A), at t_min."""
        t = x.new_full(x.shape[:1], self.t_min)
        alpha_t, _ = self.schedule(t)
        return cast(Tensor, self.trunk(expand(alpha_t, x) * x, t, cond))

"""The networks of IQL: MLPs of values, and an actor with a spread of its own."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = ["Actor", "StateValue", "TwinCritic", "mlp"]

LOG_STD = (-5.0, 2.0)


def mlp(inputs: int, outputs: int, width: int, depth: int) -> nn.Sequential:
    """`depth` hidden layers of `width` units, with ReLUs."""
    sizes = [inputs, *[width] * depth]
    hidden = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(sizes[-1], outputs))


class TwinCritic(nn.Module):
    """Two Q of (s, a), which start apart and so err apart."""

    def __init__(self, s_dim: int, a_dim: int, width: int, depth: int) -> None:
        super().__init__()
        self.twins = nn.ModuleList(
            mlp(s_dim + a_dim, 1, width, depth) for _ in range(2)
        )

    def forward(self, s: Tensor, a: Tensor) -> Tensor:
        """Both values, (2, ...), of states (..., S) and actions (..., A)."""
        both = torch.cat([s, a], -1)
        return torch.stack([twin(both).squeeze(-1) for twin in self.twins])


class StateValue(nn.Module):
    """V of s."""

    def __init__(self, s_dim: int, width: int, depth: int) -> None:
        super().__init__()
        self.net = mlp(s_dim, 1, width, depth)

    def forward(self, s: Tensor) -> Tensor:
        """Values (...) of states (..., S)."""
        value: Tensor = self.net(s).squeeze(-1)
        return value


class Actor(nn.Module):
    """pi(a | s) = N(tanh f(s), std^2), with a spread that is the same in all states."""

    def __init__(self, s_dim: int, a_dim: int, width: int, depth: int) -> None:
        super().__init__()
        self.net = mlp(s_dim, a_dim, width, depth)
        self.log_std = nn.Parameter(torch.zeros(a_dim))

    def forward(self, s: Tensor) -> Tensor:
        """The mean action (..., A), each number in -1 to 1."""
        mean: Tensor = torch.tanh(self.net(s))
        return mean

    def log_prob(self, a: Tensor, s: Tensor) -> Tensor:
        """The log-density of actions [nat], (...)."""
        log_std = self.log_std.clamp(*LOG_STD)
        off = (a - self(s)) / log_std.exp()
        each: Tensor = -0.5 * (off.square() + math.log(2 * math.pi)) - log_std
        return each.sum(-1)

"""Telling a teacher's network where a jump ends.

A trajectory model's network is given two times, the teacher's only one. Consistency
Policy builds a new network with both; here any network serves, through a small MLP that
sees the stop s and may change what goes in and what comes out:

    (dcond, dx) = mlp(x_t, ln r_t, ln r_s, cond)
    g(x_t, t, s, cond) = net(x_t, t, cond + dcond) + dx,     r = sigma / alpha

Its last layer starts at zero, and so g as the teacher's denoised chunk for every s.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from onehop_interfaces import Signature, expand, settings, whole

__all__ = ["StopTime"]


class StopTime(nn.Module):
    """The MLP.

    Args:
        signature: Of the policy it is for; says how long a chunk is.
        cond_dim: C.
        width: Units in each of the two hidden layers.
    """

    def __init__(self, signature: Signature, cond_dim: int, width: int = 128) -> None:
        super().__init__()
        self.cond_dim = cond_dim
        self.width = width
        size = prod(signature.chunk)
        self.layers = nn.Sequential(
            nn.Linear(size + 2 + cond_dim, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
        )
        self.last = nn.Linear(width, cond_dim + size)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(
        self,
        x_t: Tensor,
        cond: Tensor,
        alpha_t: Tensor,
        sigma_t: Tensor,
        alpha_s: Tensor,
        sigma_s: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Changes of the condition (B, C) and of the chunk (B, H, A)."""
        scaled = x_t / expand((alpha_t**2 + sigma_t**2).sqrt(), x_t)
        r = torch.stack([sigma_t / alpha_t, sigma_s / alpha_s], dim=-1)
        features = torch.cat([scaled.flatten(1), r.log() / 4, cond], dim=-1)
        delta: Tensor = self.last(self.layers(features))
        return delta[:, : self.cond_dim], delta[:, self.cond_dim :].view_as(x_t)

    def config(self) -> dict[str, Any]:
        """The JSON that rebuilds it."""
        return {"cond_dim": self.cond_dim, "width": self.width}

    @classmethod
    def from_config(cls, signature: Signature, config: Mapping[str, Any]) -> StopTime:
        """Rebuild it; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "stop", ("cond_dim", "width"))
        sizes = {name: whole(n, f"stop {name}", 1, 2**31) for name, n in given.items()}
        return cls(signature, **sizes)

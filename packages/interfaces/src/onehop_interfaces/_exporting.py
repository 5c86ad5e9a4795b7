"""Part of the conformance kit: whether an act can be exported.

A tracer that took a number for a constant says nothing; asked for other rows with other
noise, the graph shows it.

This module needs torch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._policy import Obs, Policy

__all__ = ["check_export"]


class _Act(nn.Module):
    """`act` as `forward`, which is what torch exports."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, obs: Obs, noise: Tensor) -> Tensor:
        return self.policy.act(obs, noise)


def check_export(policy: Policy, obs: Obs) -> None:
    """`act` is one graph for any number of rows.

    Args:
        policy: A module.
        obs: Observations of three rows and more: two are traced, then all are asked.
    """
    names, draw = list(policy.signature.obs), torch.Generator().manual_seed(5)
    rows, batch = len(obs[names[0]]), torch.export.Dim("batch")
    traced, noise = (torch.randn(n, *policy.noise, generator=draw) for n in (2, rows))
    program = torch.export.export(
        _Act(policy),
        ({name: obs[name][:2] for name in names}, traced),
        dynamic_shapes=({name: {0: batch} for name in names}, {0: batch}),
    )
    plan = program.module()({name: obs[name] for name in names}, noise)
    torch.testing.assert_close(
        plan,
        policy.act(obs, noise),
        rtol=1e-4,
        atol=1e-4,
        msg="exported, act must say the same",
    )

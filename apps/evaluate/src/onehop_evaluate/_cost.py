"""What a decision costs, counted rather than timed.

FLOPs are those of the matrix products, convolutions and attention of one decision,
batch 1: a product of an (m, k) and a (k, n) matrix is 2 m k n. Everything else
(activations, normalisation, the sampler's own arithmetic) is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from onehop_interfaces import Obs, Policy
from onehop_interfaces.acting import decide

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True)
class Cost:
    """Counted cost of a policy.

    Attributes:
        parameters: Numbers a robot has to hold to run it, frozen encoders included.
        flops: Of one decision.
    """

    parameters: int
    flops: int


def cost_of(policy: Policy, module: nn.Module, obs: Obs) -> Cost:
    """Count.

    Args:
        policy: Who decides.
        module: The network it calls, its encoder included.
        obs: One observation window by name, (1, n_obs, ...), on the policy's device.
    """
    counter = FlopCounterMode(display=False)
    with counter:
        decide(policy, obs)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return Cost(parameters, int(counter.get_total_flops()))

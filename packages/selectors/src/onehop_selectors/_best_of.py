"""Best of N: let a policy plan N times, and carry out the plan that scores best.

    z_1, ..., z_N ~ N(0, I),     plan = plan_k,  k = arg max_k score(plan_k, obs)

For scores of distribution F under the policy, the best of N has F^N: its mean is what
order statistics say, if the scores are right. If they are not, the arg max finds their
errors, the more of them the larger N is.

References:
    | IDQL: Implicit Q-Learning as an Actor-Critic Method with Diffusion Policies
    | (Hansen-Estruch et al., 2023) | https://arxiv.org/abs/2304.10573
"""

from __future__ import annotations

import torch
from torch import Tensor

from onehop_interfaces import BadInput, Obs, Policy, Signature
from onehop_interfaces.acting import Acting

from ._selector import Selector, first_best, for_each

__all__ = ["BestOf", "candidates"]


def candidates(policy: Policy, obs: Obs, noise: Tensor) -> Tensor:
    """Plans (B, N, H, S + A) of one policy from noise (B, N, *`Policy.noise`).

    A student looks at an observation once for all of them.
    """
    n = noise.shape[1]
    each = for_each(obs, n)
    if isinstance(policy, Acting):
        cond = policy.spaces.encode(obs).repeat_interleave(n, 0)
        x = policy.generate(noise.flatten(0, 1).to(cond), cond)
        plans = policy.spaces.denormalise(x, each)
    else:
        plans = policy.act(each, noise.flatten(0, 1))
    return plans.view(-1, n, *plans.shape[1:])


class BestOf:
    """The policy; see the module's text.

    Args:
        policy: Plans.
        selector: Scores plans.
        n: N, how many.

    Raises:
        BadInput: if there is nothing to choose from.
    """

    def __init__(self, policy: Policy, selector: Selector, n: int) -> None:
        if n < 1:
            raise BadInput(f"candidates: expected 1 or more, got {n}")
        self.policy = policy
        self.selector = selector
        self.n = n

    @property
    def signature(self) -> Signature:
        """The policy's."""
        return self.policy.signature

    @property
    def nfe(self) -> int:
        """The policy's: candidates are a batch."""
        return self.policy.nfe

    @property
    def noise(self) -> tuple[int, ...]:
        """N times the policy's; the first is what the policy alone would be given."""
        return self.n, *self.policy.noise

    def act(self, obs: Obs, noise: Tensor) -> Tensor:
        """See `onehop_interfaces.Policy`."""
        plans = candidates(self.policy, obs, noise)
        taken = first_best(self.selector(plans, obs))
        return plans[torch.arange(plans.shape[0], device=plans.device), taken]

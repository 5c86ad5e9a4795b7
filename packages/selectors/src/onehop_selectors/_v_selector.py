"""A value as a selector: what is the state worth that a plan leads to?

    score = V(s_H),     s_H the last state of the plan

Of all that is asked, V alone was learned from nothing but states of the data; and where
a plan ends differs more between plans than what its first action is worth.

References:
    | What Makes a Good Diffusion Planner for Decision Making? (Lu et al., 2025), Monte
    | Carlo sampling with selection | https://arxiv.org/abs/2503.00535
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from onehop_interfaces import Obs, Signature

from ._judge import Judge

__all__ = ["VSelector"]


@dataclass(frozen=True)
class VSelector:
    """Scores by a judge.

    Attributes:
        judge: Who values.
        signature: Of the policy that plans, which says what of a plan is a state.
    """

    judge: Judge
    signature: Signature

    def __call__(self, plans: Tensor, obs: Obs) -> Tensor:
        """See `Selector`."""
        return self.judge.v(plans[:, :, -1, : self.signature.state_dim])

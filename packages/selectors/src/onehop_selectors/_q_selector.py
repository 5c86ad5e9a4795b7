"""A critic as a selector: what is the first action of a plan worth?

    score = min(Q_1(s, a), Q_2(s, a))

Two critics that start apart are wrong apart about what their data never did: the lower
of them is the more careful.

References:
    | IDQL: Implicit Q-Learning as an Actor-Critic Method with Diffusion Policies
    | (Hansen-Estruch et al., 2023), algorithm 2 | https://arxiv.org/abs/2304.10573
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from onehop_interfaces import Obs, Signature

from ._judge import Judge

__all__ = ["QSelector"]


@dataclass(frozen=True)
class QSelector:
    """Scores by a judge.

    Attributes:
        judge: Who values.
        signature: Of the policy that plans, which says where the action for now is.
    """

    judge: Judge
    signature: Signature

    def __call__(self, plans: Tensor, obs: Obs) -> Tensor:
        """See `Selector`."""
        a = plans[:, :, self.signature.now, self.signature.state_dim :]
        s = self.judge.seen(obs)[:, None].expand(-1, a.shape[1], -1)
        return self.judge.q(s, a).amin(0)

"""Plans that begin at the state now: it is known, so it is written and not denoised.

    x_t[0, :S] <- s,     x[0, :S] <- s,     s = cond[:S]

before and after the network, so that samplers, scores and students of any method have
plans that begin where the robot is, and none of them knows of it. The network has to
predict x, in spaces whose condition begins with the state as their chunks have it
(`Flatten` of the state and `ScaledPlans`).

References:
    | Planning with Diffusion for Flexible Behavior Synthesis (Janner et al., 2022),
    | section 3.3 | https://arxiv.org/abs/2205.09991
"""

from typing import cast, final

import torch
from torch import Tensor, nn

from ._networks import ResidualMLP

__all__ = ["Inpainted", "innermost"]


@final
class Inpainted(nn.Module):
    """A network of plans, told and held to where they begin.

    Args:
        net: (x_t, t, cond) -> x, (B, H, S + A).
        state_dim: S.
    """

    def __init__(self, net: nn.Module, state_dim: int) -> None:
        super().__init__()
        self.net, self.state_dim = net, state_dim

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """See the module's text."""
        x = cast("Tensor", self.net(self._begun(x_t, cond), t, cond))
        return self._begun(x, cond)

    def features(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """What an MLP has before its last layer, (B, width)."""
        return cast("ResidualMLP", self.net).features(self._begun(x_t, cond), t, cond)

    def _begun(self, plans: Tensor, cond: Tensor) -> Tensor:
        """The plans, from the state in the condition on."""
        state = cond[:, None, : self.state_dim]
        first = torch.cat([state.to(plans), plans[:, :1, self.state_dim :]], -1)
        return torch.cat([first, plans[:, 1:]], 1)


def innermost(net: nn.Module) -> nn.Module:
    """The network itself, of one that may be told where plans begin."""
    return net.net if isinstance(net, Inpainted) else net

"""The trunk of a teacher's network: all of it but the last layer.

x = last(h),     h = features(c_in x_t, c_time, cond)
"""

import copy
from typing import cast, final

from torch import Tensor, nn

from onehop_interfaces import Schedule, expand

from ._inpainted import Inpainted, innermost
from ._networks import ResidualMLP
from ._preconditioning import Preconditioning, c_time

__all__ = ["Trunk"]


@final
class Trunk(nn.Module):
    """A copy of a network without its last layer.

    Args:
        schedule: The teacher's.
        preconditioning: The teacher's.
        net: The network, an MLP; plans of states may begin at a known one.
    """

    def __init__(
        self,
        schedule: Schedule,
        preconditioning: Preconditioning,
        net: ResidualMLP | Inpainted,
    ) -> None:
        super().__init__()
        self.schedule, self.preconditioning = schedule, preconditioning
        self.net = copy.deepcopy(net)
        del cast(ResidualMLP, innermost(self.net)).last

    @property
    def blocks(self) -> nn.Sequential:
        """The residual blocks, h + f(h) each: any can be left out."""
        return cast(ResidualMLP, innermost(self.net)).hidden

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """Features (B, width) of x_t (B, H, A), t (B,) and cond (B, C)."""
        c_in = self.preconditioning(*self.schedule(t)).c_in
        time = c_time(self.schedule, t)
        return self.net.features(expand(c_in, x_t) * x_t, time, cond)

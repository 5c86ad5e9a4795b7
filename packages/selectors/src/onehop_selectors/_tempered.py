"""Temperature: less noise than a policy was made for, and so less variety.

    act(obs, z)  ->  act(obs, tau z)

At 0 a policy decides without chance. Planners of locomotion sample at .5.

References:
    | CleanDiffuser (Dong et al., 2024), its pipelines of Diffuser
    | https://arxiv.org/abs/2406.09509
"""

from __future__ import annotations

from torch import Tensor

from onehop_interfaces import Obs, Policy, Signature

__all__ = ["Tempered"]


class Tempered:
    """The policy; see the module's text.

    Args:
        policy: Any.
        temperature: tau.
    """

    def __init__(self, policy: Policy, temperature: float) -> None:
        self.policy, self.temperature = policy, temperature

    @property
    def signature(self) -> Signature:
        """The policy's."""
        return self.policy.signature

    @property
    def nfe(self) -> int:
        """The policy's."""
        return self.policy.nfe

    @property
    def noise(self) -> tuple[int, ...]:
        """The policy's."""
        return self.policy.noise

    def act(self, obs: Obs, noise: Tensor) -> Tensor:
        """See `onehop_interfaces.Policy`."""
        return self.policy.act(obs, self.temperature * noise)

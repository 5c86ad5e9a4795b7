"""The actor of IQL as a policy: it decides at every step, and plans no further."""

from __future__ import annotations

from torch import Tensor

from onehop_interfaces import Obs, Signature

from ._judge import Judge

__all__ = ["ActorPolicy", "one_step"]


def one_step(name: str, state_dim: int, action_dim: int) -> Signature:
    """Of a policy that sees the state now and decides on one action."""
    return Signature(
        {name: (state_dim,)},
        n_obs=1,
        horizon=1,
        n_action=1,
        action_dim=action_dim,
    )


class ActorPolicy:
    """The mean action in the state that is seen: nothing in it is drawn by chance.

    Args:
        judge: Whose actor it is.
    """

    nfe = 1

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.signature = one_step(judge.name, judge.state_dim, judge.action_dim)

    @property
    def noise(self) -> tuple[int, ...]:
        """Of one action, and of no effect."""
        return self.signature.chunk

    def act(self, obs: Obs, noise: Tensor) -> Tensor:
        """See `onehop_interfaces.Policy`."""
        return self.judge.act(self.judge.seen(obs))[:, None]

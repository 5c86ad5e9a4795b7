"""Conditions that are known: what an encoder made of observations beforehand.

    cond = cond_n

of observations "cond" (B, n_obs, C), of which the last is the condition now. A teacher
whose encoder is frozen gives the same conditions every time that it is asked; where the
encoder costs more than the network, students learn from these.

`known` is a teacher that takes conditions in place of what it sees, and `seeing` gives
a policy that was made from it the eyes of the first.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import cast, final

from torch import Tensor, nn

from onehop_interfaces import Obs

from ._features import Encoder
from ._teacher import DiffusionSpaces, DiffusionTeacher

__all__ = ["COND", "Known", "known", "seeing"]

COND = "cond"
"""The observation's name."""


@final
class Known(nn.Module):
    """An `Encoder` that has nothing to do.

    Args:
        cond_dim: C.
    """

    def __init__(self, cond_dim: int) -> None:
        super().__init__()
        self.cond_dim = cond_dim

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        return obs[COND][:, -1]

    def fit(self, obs: Obs) -> None:
        """Nothing to take."""


def known(teacher: DiffusionTeacher, others: Iterable[str]) -> DiffusionTeacher:
    """The same teacher, taking conditions in place of what it sees.

    Args:
        teacher: Its network and actions are shared.
        others: The observations that its actions are relative to.
    """
    cond_dim = cast("Encoder", teacher.encoder).cond_dim
    obs = {name: teacher.signature.obs[name] for name in others}
    return DiffusionTeacher(
        replace(teacher.signature, obs={COND: (cond_dim,), **obs}),
        teacher.schedule,
        teacher.preconditioning,
        teacher.net,
        Known(cond_dim),
        teacher.actions,
        teacher.clip,
    )


def seeing(policy: nn.Module, teacher: DiffusionTeacher) -> None:
    """Give a policy that takes conditions the encoder that they are from.

    Args:
        policy: Made from `known(teacher, ...)`; all in it that has an encoder is
            changed.
        teacher: Whose encoder it is.
    """
    for part in policy.modules():
        if isinstance(part, DiffusionSpaces):
            part.encoder, part.signature = teacher.encoder, teacher.signature

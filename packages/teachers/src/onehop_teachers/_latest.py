"""Conditions of the latest frame alone.

cond = encoder(o_n)

of frames o_1 (the oldest) to o_n (now). What moves slowly needs no past, and a picture
costs far more to encode than it says of motion: the other frames are for observations
that are cheap.
"""

from typing import cast, final

from torch import Tensor, nn

from onehop_interfaces import Obs

from ._features import Encoder

__all__ = ["Latest"]


@final
class Latest(nn.Module):
    """An encoder of one frame, of the latest of several.

    Args:
        encoder: A module that is an `Encoder`, and looks at one frame.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.cond_dim = cast("Encoder", encoder).cond_dim

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        return cast(Tensor, self.encoder(_latest(obs)))

    def fit(self, obs: Obs) -> None:
        """Let the encoder take its statistics."""
        cast("Encoder", self.encoder).fit(_latest(obs))


def _latest(obs: Obs) -> Obs:
    """The latest frame as an observation of its own, (B, 1, ...)."""
    return {name: frames[:, -1:] for name, frames in obs.items()}

"""Conditions one frame after another.

cond = [encoder(o_1), ..., encoder(o_n)]

of frames o_1 (the oldest) to o_n: an encoder of one frame, for all of them. Diffusion
Policy and LeRobot lay their conditions out so; `Flatten` and `Joined` of several names
have all frames of the first, then all of the second.
"""

from typing import cast, final

from torch import Tensor, nn

from onehop_interfaces import Obs

from ._features import Encoder

__all__ = ["Framewise"]


@final
class Framewise(nn.Module):
    """An encoder of one frame, of each of several.

    Args:
        encoder: A module that is an `Encoder`, and looks at one frame.
        n_obs: Frames in an observation.
    """

    def __init__(self, encoder: nn.Module, n_obs: int) -> None:
        super().__init__()
        self.encoder, self.n_obs = encoder, n_obs
        self.cond_dim = n_obs * cast("Encoder", encoder).cond_dim

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        features: Tensor = self.encoder(self._single(obs))
        return features.view(-1, self.cond_dim)

    def fit(self, obs: Obs) -> None:
        """Let the encoder take its statistics, of all frames alike."""
        cast("Encoder", self.encoder).fit(self._single(obs))

    def _single(self, obs: Obs) -> Obs:
        """Every frame as an observation of its own, (B n_obs, 1, ...)."""
        return {name: frames.flatten(0, 1)[:, None] for name, frames in obs.items()}

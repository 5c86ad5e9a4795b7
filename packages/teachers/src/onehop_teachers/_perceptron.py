"""An encoder's conditions, through a small MLP that learns along with the network.

    cond = W_n relu( ... relu(W_1 encoder(o)))

DP3 sees the state of its robot so.

References:
    | 3D Diffusion Policy (Ze et al., 2024), appendix
    | https://arxiv.org/abs/2403.03954
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast, final

from torch import Tensor, nn

from onehop_interfaces import BadInput, Obs

from ._features import Encoder

__all__ = ["Perceptron"]


@final
class Perceptron(nn.Module):
    """An MLP of what another encoder gives.

    Args:
        encoder: A module that is an `Encoder`, such as `Flatten`.
        widths: Features of each layer, from the first; the last ones are given. DP3's
            as it stands.

    Raises:
        BadInput: if there is no layer, or one without features.
    """

    def __init__(self, encoder: nn.Module, widths: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        if not widths or min(widths) < 1:
            raise BadInput(f"Perceptron.widths: expected one or more, got {widths}")
        self.encoder, self.widths = encoder, tuple(widths)
        self.cond_dim = self.widths[-1]
        layers: list[nn.Module] = []
        for size in pairwise((cast("Encoder", encoder).cond_dim, *widths)):
            layers += [nn.ReLU(), nn.Linear(*size)]
        self.layers = nn.Sequential(*layers[1:])

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        return cast(Tensor, self.layers(self.encoder(obs)))

    def fit(self, obs: Obs) -> None:
        """Let the encoder take its statistics."""
        cast("Encoder", self.encoder).fit(obs)

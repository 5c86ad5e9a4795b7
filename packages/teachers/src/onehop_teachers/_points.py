"""An encoder of point clouds: what a network makes of each point, and of all the most.

    h_i      = relu(norm(W_3 relu(norm(W_2 relu(norm(W_1 p_i))))))     of every point
    features = norm(W max_i h_i)

where p_i is a point's x, y and z, standardised over all points of the data. The maximum
is taken feature by feature, so neither the order of points matters nor that one is
there twice. It is DP3's encoder, which standardises by the least and the greatest
instead; colours, of which its authors found that they do harm on other objects, are not
looked at.

References:
    | 3D Diffusion Policy (Ze et al., 2024), section III and appendix
    | https://arxiv.org/abs/2403.03954
    | PointNet: Deep Learning on Point Sets for 3D Classification and Segmentation
    | (Qi et al., 2017) | https://arxiv.org/abs/1612.00593
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

from torch import Tensor, nn

from onehop_interfaces import BadInput, Obs

from ._statistics import Standardise

__all__ = ["PointNet"]

COORDINATES = 3


@final
class PointNet(nn.Module):
    """An `Encoder` of one observation of points, (B, n_obs, P, 3), frame by frame.

    Args:
        name: The observation's.
        n_obs: Frames in an observation.
        widths: Features of a point in each layer, from the first; DP3's as it stands.
        dim: Features of a frame.

    Raises:
        BadInput: if there is no layer, or one without features.
    """

    def __init__(
        self,
        name: str,
        n_obs: int,
        widths: Sequence[int] = (64, 128, 256),
        dim: int = 64,
    ) -> None:
        super().__init__()
        if not widths or min(widths) < 1:
            raise BadInput(f"PointNet.widths: expected one or more, got {widths}")
        self.name, self.n_obs = name, n_obs
        self.widths, self.dim = tuple(widths), dim
        self.cond_dim = n_obs * dim
        self.standardise = Standardise(COORDINATES)
        sizes = pairwise((COORDINATES, *widths))
        self.points = nn.Sequential(*(_layer(*size) for size in sizes))
        self.last = nn.Sequential(nn.Linear(widths[-1], dim), nn.LayerNorm(dim))

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        points = self.standardise(obs[self.name].flatten(0, 1))  # (B n_obs, P, 3)
        features: Tensor = self.last(self.points(points).amax(1))
        return features.view(-1, self.cond_dim)

    def fit(self, obs: Obs) -> None:
        """Take the statistics of all these points' coordinates."""
        self.standardise.fit(obs[self.name])


def _layer(in_dim: int, out_dim: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(in_dim, out_dim), nn.LayerNorm(out_dim), nn.ReLU())

"""An encoder of point clouds: what a network makes of each point, and of all the most.

    h_i      = relu(norm(W_3 relu(norm(W_2 relu(norm(W_1 p_i))))))     of every point
    features = norm(W max_i h_i)

where p_i is a point's x, y and z, standardised over all points of the data, and, if the
origin is known that matters, those of p_i - o, too: a hand of which ten demonstrations
are known has been at few places, but before many things alike. The maximum
is taken feature by feature, so neither the order of points matters nor that one is
there twice. It is DP3's encoder but for the standardisation, by the least and the
greatest there; colours, which DP3 leaves out too, are not looked at.

Of 512 points some 150 are the greatest in anything, and only they have a gradient.
While it learns all are therefore looked at without one, and those again with it: the
same gradient, at a third of the cost.

References:
    | 3D Diffusion Policy (Ze et al., 2024), section III and appendix
    | https://arxiv.org/abs/2403.03954
    | PointNet: Deep Learning on Point Sets for 3D Classification and Segmentation
    | (Qi et al., 2017) | https://arxiv.org/abs/1612.00593
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Obs

from ._statistics import Standardise

__all__ = ["PointNet"]

COORDINATES = 3
AT_ONCE = 4
"""Frames that a processor's caches have room for."""


@final
class PointNet(nn.Module):
    """An `Encoder` of one observation of points, (B, n_obs, P, 3), frame by frame.

    Args:
        name: The observation's.
        n_obs: Frames in an observation.
        widths: Features of a point in each layer, from the first; DP3's as it stands.
        dim: Features of a frame.
        origin: The observation whose first three numbers are o, in the points' frame.

    Raises:
        BadInput: if there is no layer, or one without features.
    """

    def __init__(
        self,
        name: str,
        n_obs: int,
        widths: Sequence[int] = (64, 128, 256),
        dim: int = 64,
        origin: str | None = None,
    ) -> None:
        super().__init__()
        if not widths or min(widths) < 1:
            raise BadInput(f"PointNet.widths: expected one or more, got {widths}")
        self.name, self.n_obs = name, n_obs
        self.widths, self.dim, self.origin = tuple(widths), dim, origin
        self.cond_dim = n_obs * dim
        self.standardise = Standardise(COORDINATES)
        known = COORDINATES * (1 if origin is None else 2)
        sizes = pairwise((known, *widths))
        self.points = nn.Sequential(*(_layer(*size) for size in sizes))
        self.last = nn.Sequential(nn.Linear(widths[-1], dim), nn.LayerNorm(dim))

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        return self.last(self._most(self._known(obs))).view(-1, self.cond_dim)  # type: ignore[no-any-return]

    def _known(self, obs: Obs) -> Tensor:
        """What is known of points, (B n_obs, P, 3 or 6)."""
        points: Tensor = self.standardise(obs[self.name].flatten(0, 1))
        if self.origin is None:
            return points
        o = obs[self.origin].flatten(0, 1)[:, None, :COORDINATES]
        return torch.cat([points, points - self.standardise(o)], dim=-1)

    def _most(self, points: Tensor) -> Tensor:
        """max_i h_i (F, W) of frames (F, P, 3)."""
        if torch.compiler.is_compiling():  # a graph, which knows of no rows
            return self.points(points).amax(1)  # type: ignore[no-any-return]
        if torch.is_grad_enabled() and any(p.requires_grad for p in self.parameters()):
            return self._again(points, self._winners(points))
        return torch.cat([self.points(some).amax(1) for some in _some(points)])

    @torch.no_grad()
    def _winners(self, points: Tensor) -> Tensor:
        """Numbers (F, W) of the points that are the greatest in each feature."""
        return torch.cat([self.points(some).max(1).indices for some in _some(points)])

    def _again(self, points: Tensor, winners: Tensor) -> Tensor:
        """max_i h_i (F, W), its gradient by way of the winners (F, W) alone."""
        frames, count = points.shape[:2]
        first = count * torch.arange(frames, device=points.device)
        rows = first[:, None] + winners  # of all frames' points
        wanted = torch.zeros(frames * count, dtype=torch.bool, device=points.device)
        wanted[rows] = True
        h: Tensor = self.points(points.flatten(0, 1)[wanted])
        return h.gather(0, (wanted.cumsum(0) - 1)[rows])

    def fit(self, obs: Obs) -> None:
        """Take the statistics of all these points' coordinates."""
        self.standardise.fit(obs[self.name])


def _layer(in_dim: int, out_dim: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(in_dim, out_dim), nn.LayerNorm(out_dim), nn.ReLU())


def _some(points: Tensor) -> Sequence[Tensor]:
    """Frames, in parts of a few where that is faster."""
    return torch.split(points, AT_ONCE if points.is_cpu else len(points))

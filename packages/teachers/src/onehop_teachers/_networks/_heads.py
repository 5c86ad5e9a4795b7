"""From a map of features to numbers.

`KeyPoints`, where in the picture features are: a 1 x 1 convolution to K maps, and of
each, as a distribution over places, the mean place,

    p_k = softmax over (h, w) of (W h)_k,     (x_k, y_k) = sum p_k (x, y),

x from -1 at the left edge's pixel to 1 at the right one's, y likewise downwards; then
relu(W [x_1, y_1, ..., x_K, y_K] + b).

`Average`, what is in the picture: the mean over places.

References:
    | End-to-End Training of Deep Visuomotor Policies (Levine et al., 2016), the spatial
    | soft-max | https://arxiv.org/abs/1504.00702
"""

from typing import final

import torch
from torch import Tensor, nn

__all__ = ["Average", "KeyPoints"]


@final
class KeyPoints(nn.Module):
    """(B, C, H, W) -> (B, dim).

    Args:
        channels: C.
        keypoints: K.
        dim: Numbers that are given.
    """

    def __init__(self, channels: int, keypoints: int, dim: int) -> None:
        super().__init__()
        self.channels, self.keypoints, self.dim = channels, keypoints, dim
        self.maps = nn.Conv2d(channels, keypoints, 1)
        self.last = nn.Linear(2 * keypoints, dim)

    def forward(self, h: Tensor) -> Tensor:
        """See the module's text."""
        maps = self.maps(h)
        p = maps.flatten(2).softmax(-1).view_as(maps)
        x = torch.linspace(-1, 1, h.shape[3], dtype=h.dtype, device=h.device)
        y = torch.linspace(-1, 1, h.shape[2], dtype=h.dtype, device=h.device)
        # No matrix product: in bf16 that would put places on a grid of 256 steps.
        means = (p.sum(2) * x).sum(-1), (p.sum(3) * y).sum(-1)
        places = torch.stack(means, dim=-1)
        return torch.relu(self.last(places.flatten(1)))


@final
class Average(nn.Module):
    """(B, C, H, W) -> (B, C).

    Args:
        dim: C.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, h: Tensor) -> Tensor:
        """The mean over places."""
        return h.mean((2, 3))

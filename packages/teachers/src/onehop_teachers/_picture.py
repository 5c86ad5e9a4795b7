"""An encoder of pictures: bytes to numbers that a network makes of them.

    bytes / 255, standardised per channel, resized, the middle cut out,
    features = head(net(picture))

A picture of the size that is cut out is taken whole: one that has been cut out at
random (`random_crop`), while learning.
"""

from collections.abc import Sequence
from typing import cast, final

from torch import Tensor, nn
from torch.nn import functional as F

from onehop_interfaces import Obs

from ._statistics import Standardise

__all__ = ["Picture"]

CHANNELS = 3


@final
class Picture(nn.Module):
    """An `Encoder` of one observation of pictures, (B, n_obs, H, W, 3), of bytes.

    Args:
        name: The observation's.
        n_obs: Frames in an observation.
        net: (B, 3, h, w) to a map of features, e.g. `ResNet18`.
        head: Of the map numbers (B, `dim`), e.g. `KeyPoints`.
        resize: (h, w) to resize to, antialiased; as they are without.
        crop: (h, w) of the middle to cut out; all without.
    """

    def __init__(
        self,
        name: str,
        n_obs: int,
        net: nn.Module,
        head: nn.Module,
        resize: Sequence[int] | None = None,
        crop: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.name, self.n_obs = name, n_obs
        self.net, self.head = net, head
        self.resize = None if resize is None else tuple(resize)
        self.crop = None if crop is None else tuple(crop)
        self.cond_dim = n_obs * cast(int, head.dim)
        self.standardise = Standardise(CHANNELS)

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        h = self.standardise(self._numbers(obs)).movedim(-1, 1)  # (B n_obs, 3, H, W)
        if self.resize is not None and h.shape[2:] != self.crop:
            h = F.interpolate(h, self.resize, mode="bilinear", antialias=True)
        features: Tensor = self.head(self.net(self._middle(h)))
        return features.view(-1, self.cond_dim)

    def fit(self, obs: Obs) -> None:
        """Take the statistics of these pictures' channels."""
        self.standardise.fit(self._numbers(obs))

    def _numbers(self, obs: Obs) -> Tensor:
        return obs[self.name].flatten(0, 1).to(self.standardise.mean.dtype) / 255

    def _middle(self, h: Tensor) -> Tensor:
        if self.crop is None:
            return h
        top, left = (
            round((whole - part) / 2)
            for whole, part in zip(h.shape[2:], self.crop, strict=True)
        )
        return h[:, :, top : top + self.crop[0], left : left + self.crop[1]]

"""ResNet-18 without its last two layers: pictures to a map of features.

    h = maxpool(relu(norm(conv(picture))))
    h = relu(norm(conv(relu(norm(conv(h))))) + skip(h))     twice in each of four stages

Stages after the first halve height and width, so that 84 x 84 becomes 3 x 3. Diffusion
Policy puts group normalisation in place of batch normalisation, 16 channels a group:
averaged weights and running statistics do not go together. Modules have torchvision's
names, under which the weights of others load as they are.

References:
    | Deep Residual Learning for Image Recognition (He et al., 2016), table 1
    | https://arxiv.org/abs/1512.03385
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 3.2 | https://arxiv.org/abs/2303.04137
"""

from collections.abc import Sequence
from typing import cast, final

from torch import Tensor, nn
from torch.nn import functional as F

from onehop_interfaces import BadInput

__all__ = ["ResNet18"]

GROUP = 16
"""Channels that are normalised together."""


def _norm(channels: int, batch_norm: bool) -> nn.Module:
    if batch_norm:
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(channels // GROUP, channels)


@final
class _Block(nn.Module):
    """(B, in, H, W) -> (B, out, H / stride, W / stride)."""

    def __init__(
        self, channels_in: int, channels: int, stride: int, batch_norm: bool
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = _norm(channels, batch_norm)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = _norm(channels, batch_norm)
        self.downsample = nn.Sequential()
        if stride > 1:
            self.downsample.append(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            )
            self.downsample.append(_norm(channels, batch_norm))

    def forward(self, h: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(h)))
        return F.relu(self.bn2(self.conv2(out)) + self.downsample(h))


@final
class ResNet18(nn.Module):
    """(B, 3, H, W) -> (B, C, H / 32, W / 32), rounded up.

    Args:
        widths: Channels of the four stages, multiples of 16.
        batch_norm: In place of group normalisation.

    Raises:
        BadInput: if there are no such networks.
    """

    def __init__(
        self, widths: Sequence[int] = (64, 128, 256, 512), batch_norm: bool = False
    ) -> None:
        super().__init__()
        if len(widths) != 4 or any(width < 1 or width % GROUP for width in widths):
            raise BadInput(
                f"ResNet18.widths: expected four multiples of {GROUP}, got {widths}"
            )
        self.widths, self.batch_norm = tuple(widths), batch_norm
        self.channels = widths[-1]
        self.conv1 = nn.Conv2d(3, widths[0], 7, 2, 3, bias=False)
        self.bn1 = _norm(widths[0], batch_norm)
        before = (widths[0], *widths)
        stages = [
            nn.Sequential(
                _Block(before[i], widths[i], 1 if i == 0 else 2, batch_norm),
                _Block(widths[i], widths[i], 1, batch_norm),
            )
            for i in range(4)
        ]
        self.layer1, self.layer2, self.layer3, self.layer4 = stages

    def forward(self, pictures: Tensor) -> Tensor:
        """Features of pictures."""
        h = F.max_pool2d(F.relu(self.bn1(self.conv1(pictures))), 3, 2, 1)
        h = self.layer4(self.layer3(self.layer2(self.layer1(h))))
        return cast(Tensor, h)

"""Networks F(x_t, t, cond): (B, H, A), (B,), (B, C) -> (B, H, A)."""

from ._convs import Convolutions as Convolutions
from ._heads import Average as Average
from ._heads import KeyPoints as KeyPoints
from ._mlp import ResidualMLP as ResidualMLP
from ._resnet import ResNet18 as ResNet18
from ._unet import UNet1D as UNet1D

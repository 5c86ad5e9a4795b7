"""Networks F(x_t, t, cond): (B, H, A), (B,), (B, C) -> (B, H, A)."""

from ._mlp import ResidualMLP as ResidualMLP
from ._unet import UNet1D as UNet1D

"""The U-Net of Diffusion Policy and LeRobot, as `UNet1D`.

The two are one network under other names (`_RULES`). Sizes are read from the tensors;
how many groups a group normalisation has is in none of them. A feature-wise modulation
by a bias alone, h <- h + b, is `UNet1D`'s with a scale of one,

    scale = 0 cond + 1,    shift = W cond + b.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from onehop_interfaces import BadInput
from onehop_teachers import UNet1D, load_weights

from ._names import renamed

__all__ = ["unet_of"]

LAST_GROUPS = 8
"""Of the block before the last layer, whatever the others have."""

_RULES = (
    (r"^diffusion_step_encoder\.", "time."),
    (r"^mid_modules\.0\.", "middle1."),
    (r"^mid_modules\.1\.", "middle2."),
    (r"^(down|up)_modules\.(\d+)\.0\.", r"\1.\2.block1."),
    (r"^(down|up)_modules\.(\d+)\.1\.", r"\1.\2.block2."),
    (r"^(down|up)_modules\.(\d+)\.2\.(conv\.)?", r"\1.\2.resample."),
    (r"^final_conv\.0\.block\.", "last.0."),
    (r"^final_conv\.1\.", "last.1."),
    (r"\.(?:blocks\.0|conv1)\.block\.", ".convolution1."),
    (r"\.(?:blocks\.1|conv2)\.block\.", ".convolution2."),
    (r"\.cond_encoder\.1\.", ".film.1."),
    (r"\.residual_conv\.", ".skip."),
)


def unet_of(
    tensors: Mapping[str, Tensor], horizon: int, groups: int, where: str
) -> UNet1D:
    """The network of these weights.

    Args:
        tensors: By their foreign names, without what all begin with.
        horizon: H.
        groups: Of the group normalisations but the last.
        where: What to call their origin in an error.

    Raises:
        BadInput: if they are not those of such a network.
    """
    named = renamed(tensors, _RULES)
    try:
        widths = _widths(named)
        first, time = (
            named["down.0.block1.convolution1.0.weight"],
            named["time.1.weight"],
        )
        film, last = named["down.0.block1.film.1.weight"], named["last.1.weight"]
        modulated = len(film) == 2 * widths[0]
    except KeyError as error:
        raise BadInput(
            f"{where}: expected the weights of a U-Net, {error} is missing"
        ) from None
    net = UNet1D(
        horizon,
        action_dim=len(last),
        cond_dim=film.shape[1] - time.shape[1],
        down_dims=widths,
        time_dim=time.shape[1],
        kernel=first.shape[2],
        groups=groups,
        last_groups=LAST_GROUPS,
    )
    load_weights(net, named if modulated else _with_scale_one(named), where)
    return net


def _widths(named: Mapping[str, Tensor]) -> list[int]:
    """Channels of each level, from the finest."""
    names = (f"down.{i}.block1.convolution1.0.weight" for i in range(len(named)))
    levels = [named[name] for name in names if name in named]
    return [len(weight) for weight in levels]


def _with_scale_one(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    scaled = dict(named)
    for name, tensor in named.items():
        if name.endswith(".film.1.weight"):
            scaled[name] = torch.cat([torch.zeros_like(tensor), tensor])
        elif name.endswith(".film.1.bias"):
            scaled[name] = torch.cat([torch.ones_like(tensor), tensor])
    return scaled

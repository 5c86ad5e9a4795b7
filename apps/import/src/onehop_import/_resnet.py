"""Encoders of pictures of Diffusion Policy and LeRobot, as `ResNet18`.

Both are torchvision's, LeRobot's with its children numbered. Widths, and which
normalisation there is, are read from the tensors.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from onehop_interfaces import BadInput
from onehop_teachers import KeyPoints, ResNet18, load_weights

from ._names import renamed

__all__ = ["keypoints_of", "resnet_of"]

_RULES = (
    (r"^0\.", "conv1."),
    (r"^1\.", "bn1."),
    *((rf"^{stage + 3}\.", f"layer{stage}.") for stage in (1, 2, 3, 4)),
)


def resnet_of(tensors: Mapping[str, Tensor], where: str) -> ResNet18:
    """The network of these weights.

    Raises:
        BadInput: if they are not those of a ResNet-18.
    """
    named = renamed(tensors, _RULES)
    last = [named.get(f"layer{stage}.1.conv2.weight") for stage in (1, 2, 3, 4)]
    widths = [len(weight) for weight in last if weight is not None]
    if len(widths) < 4:
        raise BadInput(f"{where}: expected the weights of a ResNet-18, got others")
    net = ResNet18(widths, batch_norm="bn1.running_mean" in named)
    load_weights(net, named, where)
    return net


def keypoints_of(tensors: Mapping[str, Tensor], where: str) -> KeyPoints:
    """LeRobot's spatial soft-max (`pool`) and the layer after it (`out`).

    Raises:
        BadInput: if they are not there.
    """
    try:
        maps, last = tensors["pool.nets.weight"], tensors["out.weight"]
    except KeyError as error:
        raise BadInput(f"{where}: expected {error} of a picture's encoder") from None
    head = KeyPoints(maps.shape[1], keypoints=len(maps), dim=len(last))
    named = {
        "maps.weight": maps,
        "maps.bias": tensors["pool.nets.bias"],
        "last.weight": last,
        "last.bias": tensors["out.bias"],
    }
    load_weights(head, named, where)
    return head

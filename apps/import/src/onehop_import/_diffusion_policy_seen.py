"""What policies of Diffusion Policy see.

`DiffusionUnetLowdimPolicy`: an observation "obs" of numbers.

`DiffusionUnetImagePolicy`, with `MultiImageObsEncoder`: pictures, then numbers, either
by their names in order. A picture of [0, 1] goes through its normaliser, to [-1, 1],
has ImageNet's mean and deviation of [0, 1] applied to it all the same, and its middle
cut out; and a ResNet-18 averages it over places. With `random_crop` off nothing is cut
out, whatever `crop_shape` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor

from onehop_interfaces import BadInput, whole
from onehop_teachers import Average, Flatten, Picture

from ._assembled import Seen
from ._hydra import class_of
from ._names import below
from ._resnet import resnet_of
from ._statistics import Affine

__all__ = ["KNOWN", "affine"]

LOWDIM = {
    "obs_as_local_cond": False,
    "obs_as_global_cond": True,
    "pred_action_steps_only": False,
    "oa_step_convention": True,
}
IMAGE = {"obs_as_global_cond": True}
"""What a teacher is: conditioned as a whole, plans from the first frame on, and what is
carried out from the last."""
ENCODER = {"resize_shape": None}
IMAGENET = Affine(
    torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
)
MOST_NUMBERS = 2**20
PIXELS = 2**14

Weights = Mapping[str, Tensor]


def affine(name: str, weights: Weights, where: str) -> Affine:
    """The normaliser of these numbers.

    Raises:
        BadInput: if there is none.
    """
    found = below(f"normalizer.params_dict.{name}.", weights)
    if not {"scale", "offset"} <= set(found):
        raise BadInput(f"{where}: expected a normaliser of {name!r}, got none")
    return Affine.scaled(found["scale"].flatten(), found["offset"].flatten())


def _lowdim(
    policy: Mapping[str, Any], weights: Weights, where: str
) -> tuple[Seen, object]:
    _must(policy, LOWDIM, where)
    dim = whole(policy.get("obs_dim"), f"{where} obs_dim", 1, MOST_NUMBERS)
    model = policy.get("model")
    groups = model.get("n_groups", 8) if isinstance(model, dict) else None
    return {"obs": ((dim,), _numbers("obs", (dim,), weights, where))}, groups


def _image(
    policy: Mapping[str, Any], weights: Weights, where: str
) -> tuple[Seen, object]:
    _must(policy, IMAGE, where)
    settings = policy.get("obs_encoder")
    kind = class_of(settings)
    if not isinstance(settings, dict) or kind != "MultiImageObsEncoder":
        raise BadInput(f"{where}: expected a MultiImageObsEncoder, got {kind}")
    _must(settings, ENCODER, where)
    shapes = settings["shape_meta"]["obs"]
    pictures = sorted(name for name in shapes if shapes[name].get("type") == "rgb")
    seen: Seen = {}
    for name in pictures:
        seen[name] = _picture(name, shapes[name]["shape"], settings, weights, where)
    for name in sorted(set(shapes) - set(pictures)):
        shape = tuple(shapes[name]["shape"])
        seen[name] = shape, _numbers(name, shape, weights, where)
    return seen, policy.get("n_groups", 8)


KNOWN: Mapping[
    str, Callable[[Mapping[str, Any], Weights, str], tuple[Seen, object]]
] = {
    "DiffusionUnetLowdimPolicy": _lowdim,
    "DiffusionUnetImagePolicy": _image,
}
"""Class of a policy -> what it sees, and the groups of its U-Net."""


def _must(settings: Mapping[str, Any], must: Mapping[str, Any], where: str) -> None:
    """Refuse what is not known."""
    for name, value in must.items():
        came = settings.get(name, False if value is not None else None)
        if came != value:
            raise BadInput(f"{where} {name}: expected {value}, got {came!r}")


def _numbers(
    name: str, shape: tuple[int, ...], weights: Weights, where: str
) -> Flatten:
    encoder = Flatten({name: shape}, n_obs=1)
    known = affine(name, weights, where)
    known.expanded(prod(shape)).put(encoder.standardise)
    return encoder


def _picture(
    name: str, shape: Any, settings: Mapping[str, Any], weights: Weights, where: str
) -> tuple[tuple[int, ...], Picture]:
    channels, height, width = (whole(s, f"{where} {name}", 1, PIXELS) for s in shape)
    shared = "rgb" if settings.get("share_rgb_model") else name
    net = resnet_of(below(f"obs_encoder.key_model_map.{shared}.", weights), where)
    crop = settings.get("crop_shape") if settings.get("random_crop") else None
    encoder = Picture(name, 1, net, Average(net.channels), crop=crop)
    known = affine(name, weights, where).expanded(channels)
    if settings.get("imagenet_norm"):
        known = known.then(IMAGENET)
    known.put(encoder.standardise)
    return (height, width, channels), encoder

"""Diffusion policies of LeRobot.

A folder, `pretrained_model`, with config.json and model.safetensors. Settings are read
and never assumed: their defaults have changed. What is seen is laid out frame by frame,
and a plan begins at the first frame,

    cond = [state_1, pictures_1, environment_1, ..., environment_n],

so that row n_obs - 1 is for now.

References:
    | LeRobot | https://github.com/huggingface/lerobot
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from onehop_interfaces import BadInput, read_json
from onehop_teachers import DiffusionTeacher, Flatten, Picture

from ._assembled import Seen, assembled
from ._lerobot_features import Features
from ._lerobot_statistics import statistics_of
from ._names import below, read_tensors, renamed
from ._resnet import keypoints_of, resnet_of
from ._statistics import Affine

__all__ = ["from_lerobot"]

FOLDERS = "pretrained_model_ema", "pretrained_model"
"""Where a run's checkpoint has its policies: the averaged one acts, if there is one."""


def from_lerobot(folder: str | Path) -> DiffusionTeacher:
    """The teacher that a diffusion policy of LeRobot is.

    Args:
        folder: Of the policy (`pretrained_model`), or of the checkpoint that it is in.

    Raises:
        BadInput: naming the file, and what was expected and what came, if it is damaged
            or of a kind that is not known.
    """
    folder = _policy_in(Path(folder))
    path = folder / "config.json"
    config = read_json(path)
    kind = config.get("type", "diffusion")
    if kind != "diffusion":
        raise BadInput(f"{path} type: expected 'diffusion', got {kind!r}")
    features = Features.read(config, str(path))
    # A compiled module is one within another.
    compiled = ((r"\._orig_mod", ""),)
    tensors = renamed(read_tensors(folder / "model.safetensors"), compiled)
    affine, done = statistics_of(features, tensors, folder)
    seen = _seen(features, affine, config, tensors, str(folder))
    net = below("diffusion.unet.", tensors)
    groups = config.get("n_groups")
    return assembled(config, config, seen, done, net, groups, str(folder))


def _policy_in(folder: Path) -> Path:
    inside = [folder / name for name in FOLDERS if (folder / name).is_dir()]
    return inside[0] if inside else folder


def _seen(
    features: Features,
    affine: Mapping[str, Affine],
    config: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    where: str,
) -> Seen:
    seen: Seen = {}
    for name, shape in features.seen.items():
        if name in features.pictures:
            camera = features.pictures.index(name)
            picture = _picture(name, camera, config, tensors, where)
            affine[name].put(picture.standardise)
            seen[name] = (*shape[1:], shape[0]), picture
        else:
            numbers = Flatten({name: shape}, n_obs=1)
            affine[name].put(numbers.standardise)
            seen[name] = shape, numbers
    return seen


def _picture(
    name: str,
    camera: int,
    config: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    where: str,
) -> Picture:
    """A camera's encoder: its own, or one that all share."""
    backbone = config.get("vision_backbone")
    if backbone != "resnet18":
        raise BadInput(
            f"{where} vision_backbone: expected 'resnet18', got {backbone!r}"
        )
    own = config.get("use_separate_rgb_encoder_per_camera", False)
    prefix = f"diffusion.rgb_encoder.{f'{camera}.' if own else ''}"
    found = below(prefix, tensors)
    net, head = resnet_of(below("backbone.", found), where), keypoints_of(found, where)
    sizes = config.get("resize_shape"), config.get("crop_shape")
    return Picture(name, 1, net, head, *sizes)

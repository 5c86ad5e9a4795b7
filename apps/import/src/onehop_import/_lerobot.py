"""Diffusion policies of LeRobot.

A folder, `pretrained_model`, with config.json and model.safetensors. Settings are read
and never assumed: their defaults have changed. What is seen is laid out frame by frame,

    cond = [state_1, environment_1, ..., state_n, environment_n],

and a plan begins at the first frame, so that row n_obs - 1 is for now.

References:
    | LeRobot | https://github.com/huggingface/lerobot
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from onehop_interfaces import (
    BadInput,
    Signature,
    file_size,
    read_json,
    reading,
    whole,
)
from onehop_teachers import DiffusionTeacher, Flatten, Framewise, ScaledActions

from ._diffusers import scheduler_of
from ._lerobot_features import Features
from ._lerobot_statistics import statistics_of
from ._statistics import Affine
from ._unet import unet_of

__all__ = ["from_lerobot"]

FOLDERS = "pretrained_model_ema", "pretrained_model"
"""Where a run's checkpoint has its policies: the averaged one acts, if there is one."""
MOST_ROWS = 2**16
MOST_GROUPS = 2**12


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
    return _teacher(config, features, folder)


def _policy_in(folder: Path) -> Path:
    inside = [folder / name for name in FOLDERS if (folder / name).is_dir()]
    return inside[0] if inside else folder


def _teacher(
    config: Mapping[str, Any], features: Features, folder: Path
) -> DiffusionTeacher:
    where = str(folder / "config.json")

    def size(name: str, most: int = MOST_ROWS) -> int:
        return whole(config.get(name), f"{where} {name}", 1, most)

    tensors = _tensors(folder / "model.safetensors")
    seen, done = statistics_of(features, tensors, folder)
    network = {
        name.removeprefix("diffusion.unet.").replace("._orig_mod", ""): tensor
        for name, tensor in tensors.items()
        if name.startswith("diffusion.unet.")
    }
    n_obs, groups = size("n_obs_steps"), size("n_groups", MOST_GROUPS)
    net = unet_of(network, size("horizon"), groups, str(folder / "model.safetensors"))
    encoder = Framewise(Flatten(dict(features.seen), n_obs=1), n_obs)
    actions = ScaledActions(net.action_dim)
    Affine.joined(list(seen.values())).put(encoder.encoder.standardise)
    done.put(actions.standardise)
    signature = Signature(
        obs=dict(features.seen),
        n_obs=n_obs,
        horizon=net.horizon,
        n_action=size("n_action_steps"),
        action_dim=net.action_dim,
        now=n_obs - 1,
    )
    noise = scheduler_of(config, where)
    parts = noise.schedule, noise.preconditioning, net, encoder, actions, noise.clip
    return DiffusionTeacher(signature, *parts).eval()


def _tensors(path: Path) -> dict[str, Tensor]:
    file_size(path)
    with reading(path, "safetensors"):
        return load_file(path)

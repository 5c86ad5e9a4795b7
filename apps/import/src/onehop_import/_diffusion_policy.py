"""Checkpoints of Diffusion Policy.

A file of torch.save with the Hydra configuration, `cfg`, and the weights, `state_dicts`:
of `model`, and of `ema_model`, its average, which acts where `training.use_ema` says so.
Normalisers are affine and among the weights.

    x_t (B, H, A)    cond = [o_1, ..., o_n]    rows n_obs - 1 ... are carried out

Known are policies that see numbers (`DiffusionUnetLowdimPolicy`), conditioned as a
whole.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from onehop_interfaces import BadInput, Signature, whole
from onehop_teachers import (
    DiffusionTeacher,
    Flatten,
    Framewise,
    ScaledActions,
)

from ._diffusers import scheduler_of
from ._hydra import plain
from ._statistics import Affine
from ._torch_file import read_torch
from ._unet import unet_of

__all__ = ["from_diffusion_policy"]

KNOWN = "DiffusionUnetLowdimPolicy"
MUST = {
    "obs_as_local_cond": False,
    "obs_as_global_cond": True,
    "pred_action_steps_only": False,
    "oa_step_convention": True,
}
"""Of a policy, what a teacher is: conditioned as a whole, its plans from the first frame
on, and those that are carried out from the last on."""
MOST_ROWS = 2**16


def from_diffusion_policy(file: str | Path) -> DiffusionTeacher:
    """The teacher that a checkpoint (.ckpt) of Diffusion Policy is.

    Raises:
        BadInput: naming the file, and what was expected and what came, if it is damaged
            or of a kind that is not known.
    """
    content = read_torch(Path(file))
    cfg = plain(content.get("cfg")) if isinstance(content, dict) else None
    if not isinstance(cfg, dict) or not isinstance(cfg.get("policy"), dict):
        raise BadInput(
            f"{file}: expected a checkpoint of Diffusion Policy, got another"
        )
    policy = cfg["policy"]
    _check(policy, str(file))
    return _teacher(policy, _weights(content, cfg, str(file)), str(file))


def _check(policy: Mapping[str, Any], where: str) -> None:
    """Refuse a policy of another kind."""
    kind = str(policy.get("_target_")).rpartition(".")[2]
    if kind != KNOWN:
        raise BadInput(f"{where}: expected a {KNOWN}, got a {kind}")
    for name, must in MUST.items():
        if policy.get(name, False) != must:
            came = policy.get(name, False)
            raise BadInput(f"{where} {name}: expected {must}, got {came!r}")


def _weights(
    content: Mapping[str, Any], cfg: Mapping[str, Any], where: str
) -> Mapping[str, Tensor]:
    """Those that act."""
    averaged = cfg.get("training", {}).get("use_ema", False)
    name = "ema_model" if averaged else "model"
    states = content.get("state_dicts")
    weights = states.get(name) if isinstance(states, dict) else None
    if not isinstance(weights, dict):
        raise BadInput(f"{where}: expected weights {name!r}, got none")
    for key, tensor in weights.items():
        if not isinstance(key, str) or not isinstance(tensor, Tensor):
            raise BadInput(f"{where} {name}: expected tensors by name, got another")
    return weights


def _teacher(
    policy: Mapping[str, Any], weights: Mapping[str, Tensor], where: str
) -> DiffusionTeacher:
    def size(name: str) -> int:
        return whole(policy.get(name), f"{where} {name}", 1, MOST_ROWS)

    n_obs, obs_dim, groups = (
        size("n_obs_steps"),
        size("obs_dim"),
        policy["model"].get("n_groups", 8),
    )
    net = unet_of(_below("model.", weights), size("horizon"), groups, where)
    encoder = Framewise(Flatten({"obs": (obs_dim,)}, n_obs=1), n_obs)
    actions = ScaledActions(net.action_dim)
    _affine("obs", weights, where).put(encoder.encoder.standardise)
    _affine("action", weights, where).put(actions.standardise)
    signature = Signature(
        obs={"obs": (obs_dim,)},
        n_obs=n_obs,
        horizon=net.horizon,
        n_action=size("n_action_steps"),
        action_dim=net.action_dim,
        now=n_obs - 1,
    )
    noise = scheduler_of(policy.get("noise_scheduler", {}), f"{where} noise_scheduler")
    parts = noise.schedule, noise.preconditioning, net, encoder, actions, noise.clip
    return DiffusionTeacher(signature, *parts).eval()


def _affine(name: str, weights: Mapping[str, Tensor], where: str) -> Affine:
    """The normaliser of these numbers."""
    found = _below(f"normalizer.params_dict.{name}.", weights)
    if not {"scale", "offset"} <= set(found):
        raise BadInput(f"{where}: expected a normaliser of {name!r}, got none")
    return Affine.scaled(found["scale"], found["offset"])


def _below(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those whose names begin so, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix) and not name.endswith("_dummy_variable")
    }

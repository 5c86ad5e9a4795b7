"""Checkpoints of Diffusion Policy.

A file of torch.save with the Hydra configuration, `cfg`, and the weights: of `model`,
and of `ema_model`, its average, which acts where `training.use_ema` says so.
Normalisers are affine and among the weights. Known are U-Nets that are conditioned as a
whole, on numbers or on pictures and numbers (`_diffusion_policy_seen`),

    cond = [o_1, ..., o_n],    row n_obs - 1 of a plan is for now.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from onehop_interfaces import BadInput
from onehop_teachers import DiffusionTeacher

from ._assembled import assembled
from ._diffusion_policy_seen import KNOWN, affine
from ._hydra import class_of, plain
from ._names import below
from ._torch_file import read_torch

__all__ = ["from_diffusion_policy"]


def from_diffusion_policy(file: str | Path) -> DiffusionTeacher:
    """The teacher that a checkpoint (.ckpt) of Diffusion Policy is.

    Raises:
        BadInput: naming the file, and what was expected and what came, if it is damaged
            or of a kind that is not known.
    """
    where = str(file)
    content = read_torch(Path(file))
    cfg = plain(content.get("cfg")) if isinstance(content, dict) else None
    policy = cfg.get("policy") if isinstance(cfg, dict) else None
    if not isinstance(cfg, dict) or not isinstance(policy, dict):
        raise BadInput(f"{where}: expected a checkpoint of Diffusion Policy")
    kind = class_of(policy)
    if kind not in KNOWN:
        raise BadInput(f"{where}: expected one of {', '.join(KNOWN)}, got {kind}")
    weights = _weights(content, cfg, where)
    seen, groups = KNOWN[kind](policy, weights, where)
    scheduler = policy.get("noise_scheduler", {})
    done = affine("action", weights, where)
    net = below("model.", weights)
    return assembled(policy, scheduler, seen, done, net, groups, where)


def _weights(
    content: Mapping[str, Any], cfg: Mapping[str, Any], where: str
) -> Mapping[str, Tensor]:
    """Those that act."""
    training = cfg.get("training")
    averaged = isinstance(training, dict) and bool(training.get("use_ema", False))
    name = "ema_model" if averaged else "model"
    states = content.get("state_dicts")
    weights = states.get(name) if isinstance(states, dict) else None
    if not isinstance(weights, dict):
        raise BadInput(f"{where}: expected weights {name!r}, got none")
    for key, tensor in weights.items():
        if not isinstance(key, str) or not isinstance(tensor, Tensor):
            raise BadInput(f"{where} {name}: expected tensors by name, got another")
    return weights

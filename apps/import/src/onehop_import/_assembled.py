"""A teacher, of what both projects' settings call by the same names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from onehop_interfaces import Signature, whole
from onehop_teachers import (
    DiffusionTeacher,
    Framewise,
    Joined,
    ScaledActions,
    diffusers_convention,
)

from ._statistics import Affine
from ._unet import unet_of

__all__ = ["Seen", "assembled"]

MOST_ROWS = 2**16
MOST_GROUPS = 2**12

Seen = dict[str, tuple[tuple[int, ...], nn.Module]]
"""Observation -> shape of a frame, and its encoder, in the order of the condition."""


def assembled(
    policy: Mapping[str, Any],
    scheduler: Mapping[str, Any],
    seen: Seen,
    done: Affine,
    net: Mapping[str, Tensor],
    groups: object,
    where: str,
) -> DiffusionTeacher:
    """The teacher.

    Args:
        policy: Its settings: n_obs_steps, horizon and n_action_steps.
        scheduler: Those of its noise scheduler, by diffusers' names.
        seen: What it sees.
        done: How actions are normalised.
        net: Weights of its U-Net.
        groups: Of the U-Net's normalisation.
        where: What to call their origin in an error.

    Raises:
        BadInput: naming what is not as expected.
    """

    def size(name: str) -> int:
        return whole(policy.get(name), f"{where} {name}", 1, MOST_ROWS)

    n_obs, noise = size("n_obs_steps"), diffusers_convention(scheduler, where)
    count = whole(groups, f"{where} n_groups", 1, MOST_GROUPS)
    unet = unet_of(net, size("horizon"), count, where)
    # A name may hold dots, and a module's may not.
    encoders = {str(i): encoder for i, (_, encoder) in enumerate(seen.values())}
    actions = ScaledActions(unet.action_dim)
    done.put(actions.standardise)
    signature = Signature(
        obs={name: shape for name, (shape, _) in seen.items()},
        n_obs=n_obs,
        horizon=unet.horizon,
        n_action=size("n_action_steps"),
        action_dim=unet.action_dim,
        now=n_obs - 1,
    )
    return DiffusionTeacher(
        signature,
        noise.schedule,
        noise.preconditioning,
        unet,
        Framewise(Joined(encoders), n_obs),
        actions,
        noise.clip,
    ).eval()

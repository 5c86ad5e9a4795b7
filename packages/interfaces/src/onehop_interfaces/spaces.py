"""A teacher's spaces: the way between the world and x, without the network.

A teacher is a denoiser together with `encode`, `normalise` and `denormalise`. A student
that is a network of its own needs the second half alone, and a robot should not carry
the rest: a teacher that is told apart in its attribute ``spaces`` leaves the denoiser
behind; of any other all is kept. A student that is a copy of the teacher finds there
which of its weights are the encoder's.

The network of some teachers is a trunk to features and a linear layer to x,

    x = last(trunk(x_t, t, cond)),

told apart in the attribute ``halves``. A student of another form, a mixture or a
latent that moves, can start from what they have learnt.

This module needs torch.
"""

from __future__ import annotations

import copy
from itertools import chain
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from ._policy import Obs
from ._teacher import Spaces

__all__ = ["Halves", "cond_dim", "freeze_encoder", "halves_of", "spaces_of", "zero_obs"]


def zero_obs(spaces: Spaces) -> Obs:
    """One observation of zeros that fits, (1, n_obs, ...), on the spaces' device."""
    module, signature = cast(nn.Module, spaces), spaces.signature
    tensors = chain(module.parameters(), module.buffers())
    like = next((p for p in tensors if p.is_floating_point()), torch.zeros(()))
    return {
        name: like.new_zeros(1, signature.n_obs, *shape)
        for name, shape in signature.obs.items()
    }


@torch.no_grad()
def cond_dim(spaces: Spaces) -> int:
    """C, the numbers in one condition."""
    return spaces.encode(zero_obs(spaces)).shape[-1]


def spaces_of(teacher: Spaces) -> Any:
    """A frozen copy of a teacher's spaces, in evaluation mode: a module."""
    spaces = copy.deepcopy(getattr(teacher, "spaces", teacher))
    return cast(nn.Module, spaces).requires_grad_(False).eval()


class Halves(NamedTuple):
    """A network that predicts x, in two.

    Attributes:
        trunk: (x_t (B, H, S + A), t (B,), cond (B, C)) -> features (B, d). It may tell
            its residual blocks, an `nn.Sequential`, in an attribute ``blocks``: any can
            be left out.
        last: Features to flat chunks x (B, H (S + A)).
    """

    trunk: nn.Module
    last: nn.Linear


def halves_of(teacher: object) -> Halves | None:
    """A copy of both halves of a teacher's network; None if it does not tell them."""
    halves: Halves | None = copy.deepcopy(getattr(teacher, "halves", None))
    if halves is not None:
        halves.trunk.requires_grad_(True)
        halves.last.requires_grad_(True)
    return halves


def freeze_encoder(net: object) -> None:
    """Take the encoder of a network in a teacher's clothes out of learning.

    A network that does not tell it apart is left as it is: not asked for gradients, its
    encoder gets none.
    """
    spaces = getattr(net, "spaces", None)
    if spaces is not net and isinstance(spaces, nn.Module):
        spaces.requires_grad_(False)

"""A teacher's spaces without its network: what encodes, normalises and denormalises.

The mixture is a network of its own shape, so of the teacher it needs the three methods
alone, together with the encoder's weights and the statistics behind them. Which of a
teacher's parts these are is found by trying: a part that can be taken away without any
of the three missing it is left out, and a robot does not carry the teacher's network.
Only a teacher's immediate parts are tried; one that keeps encoder and network
inside a common part is carried whole.
"""

from __future__ import annotations

import copy
from itertools import chain
from typing import NoReturn, cast

import torch
from torch import Tensor, nn

from onehop_interfaces import Obs, Signature, Teacher

__all__ = ["spaces_of", "zero_obs"]


def spaces_of(net: Teacher) -> Teacher:
    """A frozen copy of `net` that only encodes, normalises and denormalises."""
    spaces = copy.deepcopy(net)
    module = cast(nn.Module, spaces).requires_grad_(False)
    for name, part in list(module.named_children()):
        setattr(module, name, _Absent())
        if not _complete(spaces):
            setattr(module, name, part)
    return spaces


def zero_obs(net: Teacher) -> Obs:
    """One observation of zeros that fits, on the network's device."""
    module, signature = cast(nn.Module, net), net.signature
    tensors = chain(module.parameters(), module.buffers())
    like = next((p for p in tensors if p.is_floating_point()), torch.zeros(()))
    return {
        name: like.new_zeros(1, signature.n_obs, *shape)
        for name, shape in signature.obs.items()
    }


class _Missing(AttributeError):
    """A part that was taken away is needed."""


class _Absent(nn.Module):
    """Stands where a part was, and says so when it is used."""

    def forward(self, *args: object) -> NoReturn:
        raise _Missing

    def __getattr__(self, name: str) -> NoReturn:
        raise _Missing(name)


@torch.no_grad()
def _complete(spaces: Teacher) -> bool:
    obs = zero_obs(spaces)
    try:
        x = _zero_chunk(spaces.signature, spaces.encode(obs))
        spaces.normalise(spaces.denormalise(x, obs), obs)
    except _Missing:
        return False
    return True


def _zero_chunk(signature: Signature, cond: Tensor) -> Tensor:
    return cond.new_zeros(1, signature.horizon, signature.action_dim)

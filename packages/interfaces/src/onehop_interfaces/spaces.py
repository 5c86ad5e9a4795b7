"""A teacher's spaces: the way between the world and x, without the network.

A teacher is a denoiser together with `encode`, `normalise` and `denormalise`. A student
that is a network of its own needs the second half alone, and a robot should not carry
the rest. Which of a teacher's tensors that half uses no protocol tells, so it is tried
out once, on zeros: parameters and buffers that none of the three calls touches are left
behind. A second try shows whether the three still give what they gave.

This module needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ._policy import Obs
from ._teacher import Teacher

__all__ = ["cond_dim", "spaces_of", "zero_obs"]


def zero_obs(teacher: Teacher) -> Obs:
    """One observation of zeros that fits, (1, n_obs, ...), on the teacher's device."""
    module, signature = cast(nn.Module, teacher), teacher.signature
    tensors = chain(module.parameters(), module.buffers())
    like = next((p for p in tensors if p.is_floating_point()), torch.zeros(()))
    return {
        name: like.new_zeros(1, signature.n_obs, *shape)
        for name, shape in signature.obs.items()
    }


@torch.no_grad()
def cond_dim(teacher: Teacher) -> int:
    """C, the numbers in one of the teacher's conditions."""
    return teacher.encode(zero_obs(teacher)).shape[-1]


@torch.no_grad()
def spaces_of(teacher: Teacher) -> Teacher:
    """A frozen copy, in evaluation mode, that only encodes, normalises, denormalises.

    It has the tensors that these three need, under their names, and no others.
    """
    spaces = copy.deepcopy(teacher)
    module = cast(nn.Module, spaces).requires_grad_(False).eval()
    obs = zero_obs(spaces)
    with _Touched() as touched:
        before = _try_out(spaces, obs)
    for part in module.modules():
        for name, parameter in part.named_parameters(recurse=False):
            if id(parameter) not in touched.ids:
                part.register_parameter(name, None)
        for name, buffer in part.named_buffers(recurse=False):
            if id(buffer) not in touched.ids:
                part.register_buffer(name, None)
    torch.testing.assert_close(
        _try_out(spaces, obs), before, rtol=0, atol=0, equal_nan=True
    )
    return spaces


def _try_out(spaces: Teacher, obs: Obs) -> tuple[Tensor, Tensor, Tensor]:
    """What all three calls make of zeros."""
    cond, signature = spaces.encode(obs), spaces.signature
    zeros = cond.new_zeros(1, signature.horizon, signature.action_dim)
    return cond, spaces.normalise(zeros, obs), spaces.denormalise(zeros, obs)


class _Touched(TorchFunctionMode):
    """Notes the identity of every tensor that a torch function is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[int] = set()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        self._note((args, kwargs))
        return func(*args, **(kwargs or {}))

    def _note(self, value: Any) -> None:
        if isinstance(value, Tensor):
            self.ids.add(id(value))
        elif isinstance(value, Mapping):
            self._note(tuple(value.values()))
        elif isinstance(value, list | tuple):
            for item in value:
                self._note(item)

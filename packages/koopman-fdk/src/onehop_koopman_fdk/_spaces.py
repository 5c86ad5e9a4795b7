"""What a student with a network of its own keeps of its teacher: the spaces.

A teacher is a denoiser plus the way between the world and the space it works in
(`encode`, `normalise`, `denormalise`). Only the second half is needed to act with
another network. Which weights that half uses no protocol tells, so it is tried out
once: weights and buffers that none of the three calls touches are left behind.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, Self, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from onehop_interfaces import Obs, Schedule, Teacher

__all__ = ["Spaces", "prior_std"]


def prior_std(schedule: Schedule) -> float:
    """Spread of x_t at the noisiest time, for chunks of unit variance."""
    levels = schedule(torch.tensor([schedule.domain.t_max], dtype=torch.float64))
    return float(torch.stack(levels).norm())


class Spaces(nn.Module):
    """A frozen copy of a teacher's encoder and normalisation, without its network.

    Args:
        teacher: Any teacher; it is copied.
    """

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        module = copy.deepcopy(cast(nn.Module, teacher))
        self.teacher = module.requires_grad_(False).eval()
        self.signature = teacher.signature
        obs = self._zeros()
        with _Touched() as touched, torch.no_grad():
            self.cond_dim = self._try_out(obs)
        for part in module.modules():
            for name, parameter in part.named_parameters(recurse=False):
                if id(parameter) not in touched.ids:
                    part.register_parameter(name, None)
            for name, buffer in part.named_buffers(recurse=False):
                if id(buffer) not in touched.ids:
                    part.register_buffer(name, None)

    @property
    def chunk(self) -> tuple[int, int]:
        """(H, A)."""
        return self.signature.horizon, self.signature.action_dim

    def encode(self, obs: Obs) -> Tensor:
        """The teacher's conditions (B, C)."""
        return self._teacher.encode(obs)

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """Actions to chunks x, both (B, H, A)."""
        return self._teacher.normalise(actions, obs)

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """Chunks x to actions, both (B, H, A)."""
        return self._teacher.denormalise(x, obs)

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode: what is frozen must not drift or drop out."""
        return super().train(False)

    @property
    def _teacher(self) -> Teacher:
        return cast(Teacher, self.teacher)

    def _zeros(self) -> Obs:
        """One observation window, on the teacher's device."""
        own = chain(self.teacher.parameters(), self.teacher.buffers())
        device = next((tensor.device for tensor in own), None)
        return {
            name: torch.zeros(1, self.signature.n_obs, *shape, device=device)
            for name, shape in self.signature.obs.items()
        }

    def _try_out(self, obs: Obs) -> int:
        """Make all three calls; gives C."""
        cond = self.encode(obs)
        x = self.normalise(cond.new_zeros(1, *self.chunk), obs)
        self.denormalise(x, obs)
        return cond.shape[1]


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

"""How much a file may ask for: no more than it gives.

A config of a hundred bytes can name networks of any size. A module's tensors are worth
making only if the checkpoint holds numbers to fill them with, so while one is built
from a file, `within_budget` adds up what is asked for, *before* it is allocated, up to
`SLACK` times what the file holds, or `FREE` numbers (1 GiB in single precision) if that
is more: a student may keep no more of a large teacher than its normalisation, and yet
has to build it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from onehop_interfaces import BadInput

__all__ = ["within_budget"]

SLACK = 8
"""Initialising draws and copies, and a student has its teacher's parts twice."""
FREE = 2**28
"""Numbers that any file may ask for."""
LEAST = 2**16
"""Numbers that a tensor counts for at least: a million tiny layers take their time."""

MAKERS: frozenset[Any] = frozenset(
    [
        *(torch.empty, torch.zeros, torch.ones, torch.full, torch.eye),
        *(torch.arange, torch.linspace, torch.rand, torch.randn),
        *(Tensor.new_empty, Tensor.new_zeros, Tensor.new_ones, Tensor.new_full),
    ]
)
"""The functions that make a tensor of a size that is asked for."""


def within_budget(tensors: Mapping[str, Tensor], where: object) -> TorchFunctionMode:
    """While in this context, refuse to make many more numbers than a file holds.

    Args:
        tensors: Those of the file.
        where: What to call the file in an error.

    Raises:
        BadInput: in the context, before what is too much is allocated.
    """
    held = sum(_cost(tensor) for tensor in tensors.values())
    return _Budget(max(FREE, SLACK * held), where)


def _cost(tensor: Tensor) -> int:
    return max(LEAST, tensor.numel())


@final
class _Budget(TorchFunctionMode):
    """Counts down from the numbers that may be made."""

    def __init__(self, numbers: int, where: object) -> None:
        super().__init__()
        self.left = self.numbers = numbers
        self.where = where

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = dict(kwargs or {})
        if func in MAKERS:
            # On this device a tensor has a size and no memory.
            self.left -= _cost(func(*args, **{**options, "device": "meta"}))
            if self.left < 0:
                raise BadInput(
                    f"{self.where}: expected sizes that fit the tensors, at most "
                    f"{self.numbers} numbers, got more"
                )
        return func(*args, **options)

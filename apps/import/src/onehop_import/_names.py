"""Tensors by their names: read, looked up by how they begin, renamed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from onehop_interfaces import file_size, reading

__all__ = ["below", "read_tensors", "renamed"]


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All of a file of safetensors.

    Raises:
        BadInput: naming the file, if it is none.
    """
    file_size(path)
    with reading(path, "safetensors"):
        return load_file(path)


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those whose names begin so, without it; Diffusion Policy's dummies left out."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix) and not name.endswith("_dummy_variable")
    }


def renamed(
    tensors: Mapping[str, Tensor], rules: Iterable[tuple[str, str]]
) -> dict[str, Tensor]:
    """The same by other names.

    Args:
        tensors: By their foreign names.
        rules: Patterns and what to put in their place, one after another.
    """
    found = {}
    for name, tensor in tensors.items():
        for foreign, ours in rules:
            name = re.sub(foreign, ours, name)
        found[name] = tensor
    return found

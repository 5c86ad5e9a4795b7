"""Tensors by the beginning of their names."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

__all__ = ["below"]


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those whose names begin so, without it; Diffusion Policy's dummies left out."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix) and not name.endswith("_dummy_variable")
    }

"""What was observed, as demonstrations keep it.

    (N, H, W, 3)  uint8   pictures, as cameras give them: kept as bytes
    (N, ...)              numbers: float32; (N,) becomes (N, 1)

Bytes of another layout, such as (N, 3, H, W), are refused, but for one channel: a mask.
Pictures of floats, as some projects store them, become bytes if that is what they hold,
whole numbers from 0 to 255.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), whose Push-T pictures are such
    | https://github.com/real-stanford/diffusion_policy
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, naming

from ._demonstrations import Array, as_float32

__all__ = ["are_pictures", "observed", "pictures"]

COLOURS = 3


def are_pictures(shape: tuple[int, ...]) -> bool:
    """Whether rows of such a shape, (H, W, 3), are pictures."""
    return len(shape) == 3 and shape[-1] == COLOURS


def observed(array: NDArray[Any], where: str) -> Array:
    """Numbers or pictures (N, ...), as they are to be kept.

    Raises:
        BadInput: naming where they are from, if they are pictures of another layout.
    """
    if array.dtype == np.uint8 and array.ndim == 4 and array.shape[-1] > 1:
        with naming(where):
            return pictures(array)
    return as_float32(array[:, None] if array.ndim == 1 else array)


def pictures(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Pictures (N, H, W, 3) of bytes, or of floats that are whole.

    Raises:
        BadInput: if they are none.
    """
    if not are_pictures(array.shape[1:]):
        raise BadInput(f"expected pictures (N, H, W, 3), got {array.shape}")
    if array.dtype == np.uint8:
        return array
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.uint8)
    if (whole != array).any():
        raise BadInput("expected pictures of whole numbers from 0 to 255, got others")
    return whole

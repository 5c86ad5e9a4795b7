"""How large a student is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from onehop_interfaces import whole

__all__ = ["Sizes"]


@dataclass(frozen=True)
class Sizes:
    """Of a student's encoder, operator and decoder.

    Attributes:
        latent: d.
        width: Units of the encoder's and the decoder's layers.
        depth: Residual blocks in either.
        blocks: Of the teacher's, how many are kept where encoder and decoder start as
            the halves of its network; all without.
        gamma_width: Units of the layer that `DynamicKoopman` has its eigenvalues from.
    """

    latent: int = 256
    width: int = 512
    depth: int = 3
    blocks: int | None = None
    gamma_width: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Those that a file has, by their names.

        Raises:
            BadInput: if one is no whole number that it can be.
        """
        for field in fields(cls):
            size, least = given[field.name], 0 if field.name == "depth" else 1
            if size is not None or field.default is not None:
                whole(size, f"student {field.name}", least, 2**31)
        return cls(**given)

"""Places as they are seen from one of them.

What matters of an obstacle is where it is from the tool, and then where both are. Each
observation that is a place, or rows of a place and more numbers, becomes

    (p - o, rest),     o the origin's place now

and the condition holds that, the origin and all other observations, standardised.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import final

import torch
from torch import Tensor

from onehop_interfaces import Obs

from ._features import StandardisedFeatures

__all__ = ["RelativePlaces"]


@final
class RelativePlaces(StandardisedFeatures):
    """An `Encoder` of the current frame.

    Args:
        origin: The observation (D,) that the others are seen from.
        places: Name -> shape (..., D + E) of those that are, the place first.
        others: Name -> shape of what is left as it is.
        dim: D.
    """

    def __init__(
        self,
        origin: str,
        places: Mapping[str, Sequence[int]],
        others: Mapping[str, Sequence[int]],
        dim: int,
    ) -> None:
        shapes = (*places.values(), *others.values(), (dim,))
        super().__init__(sum(prod(shape) for shape in shapes))
        self.origin, self.dim = origin, dim
        self.places = {name: tuple(shape) for name, shape in places.items()}
        self.others = {name: tuple(shape) for name, shape in others.items()}

    def _features(self, obs: Obs) -> Tensor:
        o = obs[self.origin][:, -1]
        seen = [self._seen(obs[name][:, -1], o) for name in self.places]
        others = [obs[name][:, -1].flatten(1) for name in self.others]
        return torch.cat([*seen, *others, o], dim=-1)

    def _seen(self, rows: Tensor, o: Tensor) -> Tensor:
        """Rows (B, ..., D + E) as they are from o (B, D), flat."""
        at = o.view(-1, *(1,) * (rows.ndim - 2), self.dim)
        return torch.cat(
            [rows[..., : self.dim] - at, rows[..., self.dim :]], -1
        ).flatten(1)

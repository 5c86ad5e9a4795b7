"""Returns, and which of them are known.

Of a return after k steps gamma^k is still to come. Where a recording was stopped before
most of it had, it is not known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onehop_envs import Demonstrations, returns

from ._data import rewards_of

__all__ = ["known_returns"]


def known_returns(
    demonstrations: Demonstrations, gamma: float, unknown: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """G of every step (N,), and whether it is known (N,).

    Args:
        demonstrations: With rewards.
        gamma: What a reward one step later is worth.
        unknown: How much of a return may be to come when a recording stops.

    Raises:
        BadInput: if there are no rewards.
    """
    rewards, ends = rewards_of(demonstrations), demonstrations.episode_ends
    earned = returns(rewards.each, ends, gamma)
    return earned, gamma ** rewards.known(ends) <= unknown

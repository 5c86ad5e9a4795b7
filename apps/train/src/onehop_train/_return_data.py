"""Batches of windows with what their episodes earned from there on.

Of a return after k steps gamma^k is still to come. Where a recording was stopped before
most of it had, it is not known, and the window is left out.
"""

from __future__ import annotations

import numpy as np
import torch

from onehop_envs import Demonstrations, returns
from onehop_interfaces import BadInput
from onehop_selectors import Returning

from ._data import WindowData, drawn, rewards_of

__all__ = ["ReturnData"]


class ReturnData:
    """Windows, and their returns.

    Args:
        demonstrations: With rewards.
        windows: Of them.
        gamma: What a reward one step later is worth.
        unknown: How much of a return may be to come when a recording stops.

    Attributes:
        rows: The windows whose returns are known, (N,).
        returns: Of these, (N,).

    Raises:
        BadInput: if there are no rewards, or no return is known.
    """

    def __init__(
        self,
        demonstrations: Demonstrations,
        windows: WindowData,
        gamma: float,
        unknown: float,
    ) -> None:
        rewards, ends = rewards_of(demonstrations), demonstrations.episode_ends
        earned = returns(rewards.each, ends, gamma)[windows.begin]
        to_come = gamma ** rewards.known(ends)[windows.begin]
        self.rows = torch.from_numpy(np.flatnonzero(to_come <= unknown))
        if not len(self.rows):
            raise BadInput(
                f"--gamma {gamma:g}: expected steps after which at most {unknown:g} of "
                f"the return is to come, the fewest to come are {to_come.min():.2g}"
            )
        self.windows = windows
        self.returns = torch.from_numpy(earned).float()[self.rows].to(windows.device)

    def draw(self, size: int, seed: int) -> Returning:
        """`size` of them, drawn with replacement."""
        which, _ = drawn(len(self.rows), size, seed)
        earned = self.returns[which.to(self.returns.device)]
        return Returning(self.windows[self.rows[which]], earned)

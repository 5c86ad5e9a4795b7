"""Batches of windows with what their episodes earned from there on.

Windows whose returns are not known are left out (`_known_returns`).
"""

from __future__ import annotations

import numpy as np
import torch

from onehop_envs import Demonstrations
from onehop_interfaces import BadInput
from onehop_selectors import Returning

from ._data import WindowData, drawn
from ._known_returns import known_returns

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
        earned, known = known_returns(demonstrations, gamma, unknown)
        rows = np.flatnonzero(known[windows.begin])
        if not len(rows):
            raise BadInput(
                f"--gamma {gamma:g}: expected recordings at whose end at most "
                f"{unknown:g} of a return is to come, all were stopped before"
            )
        earned = earned[windows.begin[rows]].astype(np.float32)
        self.windows, self.rows = windows, torch.from_numpy(rows)
        self.returns = torch.from_numpy(earned).to(windows.device)

    def draw(self, size: int, seed: int) -> Returning:
        """`size` of them, drawn with replacement."""
        which, _ = drawn(len(self.rows), size, seed)
        earned = self.returns[which.to(self.returns.device)]
        return Returning(self.windows[self.rows[which]], earned)

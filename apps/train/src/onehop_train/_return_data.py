"""Batches of windows with what their episodes earned from there on."""

from __future__ import annotations

import torch

from onehop_envs import Demonstrations, returns
from onehop_selectors import Returning

from ._data import WindowData, drawn, rewards_of

__all__ = ["ReturnData"]


class ReturnData:
    """Windows, and their returns.

    Args:
        demonstrations: With rewards.
        windows: Of them.
        gamma: What a reward one step later is worth.

    Attributes:
        returns: Of every window, (N,).

    Raises:
        BadInput: if there are no rewards.
    """

    def __init__(
        self, demonstrations: Demonstrations, windows: WindowData, gamma: float
    ) -> None:
        each, ends = rewards_of(demonstrations).each, demonstrations.episode_ends
        earned = torch.from_numpy(returns(each, ends, gamma)).float()
        self.windows, self.returns = windows, earned.to(windows.device)

    def draw(self, size: int, seed: int) -> Returning:
        """`size` of them, drawn with replacement."""
        rows, _ = drawn(len(self.windows), size, seed)
        return Returning(self.windows[rows], self.returns[rows.to(self.returns.device)])

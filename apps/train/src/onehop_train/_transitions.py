"""Batches of transitions, for critics: drawn by the step's number, as windows are.

A step without a successor is one that a recording stopped after; it is left out, for
what would have followed is not known. Where a task ended, nothing follows.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from onehop_envs import Demonstrations
from onehop_interfaces import BadInput
from onehop_selectors import Transitions

from ._data import drawn, rewards_of

__all__ = ["TransitionData"]


class TransitionData:
    """All transitions of some demonstrations, in memory.

    Args:
        demonstrations: With rewards.
        name: The observation that is the state.
        device: Where batches are wanted.

    Attributes:
        of: The transitions.
        states: (N, S), of all steps.
        returns: Of all episodes, (E,).

    Raises:
        BadInput: if there are no rewards, or no such state.
    """

    def __init__(
        self, demonstrations: Demonstrations, name: str, device: torch.device
    ) -> None:
        rewards, ends = rewards_of(demonstrations), demonstrations.episode_ends
        states = demonstrations.obs.get(name)
        if states is None or states.ndim != 2:
            have = {key: array.shape for key, array in demonstrations.obs.items()}
            raise BadInput(f"--obs: expected numbers (N, S) as {name!r}, got {have}")
        last = np.zeros(len(states), bool)
        last[ends - 1] = True
        rows = np.flatnonzero(rewards.known(ends) > 1)
        follows = np.where(last, 0, np.arange(len(states)) + 1)[rows]

        def tensor(array: np.ndarray) -> Tensor:
            return torch.from_numpy(array.astype(np.float32)).to(device)

        self.states = tensor(states)
        sums = np.add.reduceat(rewards.each.astype(np.float64), np.r_[0, ends[:-1]])
        self.returns = tensor(sums)
        self.of = Transitions(
            self.states[rows],
            tensor(demonstrations.actions[rows]),
            tensor(rewards.each[rows]),
            self.states[follows],
            tensor(last[rows]),
            torch.from_numpy(rows).to(device),
        )

    def draw(self, size: int, seed: int) -> Transitions:
        """`size` transitions, drawn with replacement."""
        rows, _ = drawn(len(self.of), size, seed)
        return self.of[rows]

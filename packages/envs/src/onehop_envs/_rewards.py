"""Rewards: what the steps of some episodes earned, and how the episodes stopped.

An episode of rewards r_s, ..., r_{e-1} stops by the task's own end (a fall, a goal), a
*terminal*: nothing follows. Or the recording stopped, a *time-out*: something would
have followed. The return from step i on is

    G_i = r_i + gamma G_{i+1},     G_e = 0,

which after a time-out leaves out what would have followed: gamma^(e - i) of its value.

References:
    | D4RL: Datasets for Deep Data-Driven Reinforcement Learning (Fu et al., 2020), on
    | `terminals` and `timeouts` | https://arxiv.org/abs/2004.07219
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

__all__ = ["Rewards", "returns"]


@dataclass(frozen=True, eq=False)
class Rewards:
    """What N steps of E episodes earned.

    Attributes:
        each: (N,), float32 or float16, of every step.
        terminals: (E,), bool: which episodes the task itself ended; the others were
            stopped.
    """

    each: NDArray[Any]
    terminals: NDArray[np.bool_]

    @classmethod
    def concatenate(cls, parts: Sequence[Rewards]) -> Rewards | None:
        """Those of all parts, end to end; none of none."""
        if not parts:
            return None
        each = [rewards.each for rewards in parts]
        terminals = [rewards.terminals for rewards in parts]
        return cls(np.concatenate(each), np.concatenate(terminals))

    def known(self, episode_ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of how many steps from each on it is known what they were, (N,).

        As many as were recorded; infinitely many, if the task ended: nothing follows.

        Args:
            episode_ends: (E,), one past the last row of each episode.
        """
        lengths = np.diff(episode_ends, prepend=0)
        recorded = np.repeat(episode_ends, lengths) - np.arange(len(self.each))
        return np.where(np.repeat(self.terminals, lengths), np.inf, recorded)

    def check(self, steps: int, episodes: int) -> None:
        """Refuse what does not belong to so many steps and episodes.

        Raises:
            BadInput: naming the array, what was expected and what came.
        """
        for name, array, shape, kinds in (
            ("rewards", self.each, (steps,), ("float32", "float16")),
            ("terminals", self.terminals, (episodes,), ("bool",)),
        ):
            if array.shape != shape or array.dtype.name not in kinds:
                raise BadInput(
                    f"{name}: expected {' or '.join(kinds)} of shape {shape}, "
                    f"got {array.dtype} of shape {array.shape}"
                )
        if not np.isfinite(self.each).all():
            raise BadInput("rewards: expected finite values, got NaN or infinity")


def returns(
    rewards: NDArray[Any], episode_ends: NDArray[np.int64], gamma: float
) -> NDArray[np.float64]:
    """G (N,), from every step to the end of its episode.

    Args:
        rewards: r (N,).
        episode_ends: (E,), one past the last row of each episode.
        gamma: What a reward one step later is worth.
    """
    last = np.zeros(len(rewards), bool)
    last[episode_ends - 1] = True
    g = np.zeros(len(rewards))
    following = 0.0
    for i in reversed(range(len(rewards))):
        following = float(rewards[i]) + gamma * (0.0 if last[i] else following)
        g[i] = following
    return g

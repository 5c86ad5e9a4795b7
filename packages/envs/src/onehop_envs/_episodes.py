"""Episodes: a source of demonstrations that gives one after another.

What other projects recorded may be larger than memory. A source says beforehand how
long its episodes are, and reads each when it is asked for; `write_episodes` makes a
file of them all, and `in_memory` holds them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._demonstrations import Demonstrations, Json

__all__ = [
    "Episodes",
    "Held",
    "checked_episode",
    "in_memory",
    "lengths_of",
    "rows_of",
    "size_of",
]


class Episodes(Protocol):
    """E episodes, each the same however often it is asked for."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each episode, (E,), at least one."""

    @property
    def meta(self) -> Mapping[str, Json]:
        """Where they all come from; JSON values only."""

    def episode(self, i: int) -> Demonstrations:
        """Episode i alone; what it says of its own in `meta` is not kept.

        Raises:
            BadInput: naming the file and what is wrong with it.
        """


@dataclass(frozen=True)
class Held:
    """The episodes of demonstrations that are there already.

    Attributes:
        demonstrations: All of them.
    """

    demonstrations: Demonstrations

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each episode, (E,)."""
        return self.demonstrations.episode_lengths

    @property
    def meta(self) -> Mapping[str, Json]:
        """Where they come from."""
        return self.demonstrations.meta

    def episode(self, i: int) -> Demonstrations:
        """Episode i alone."""
        return self.demonstrations.select([i])


def lengths_of(steps: Sequence[int], where: object) -> NDArray[np.int64]:
    """Lengths (E,) of episodes.

    Raises:
        BadInput: naming where they are from, if one has no step.
    """
    lengths: NDArray[np.int64] = np.array(steps, np.int64)
    if (lengths < 1).any():
        raise BadInput(
            f"{where}: expected episodes of at least one step, got {lengths.min()} in "
            f"episode {lengths.argmin()}"
        )
    return lengths


def size_of(source: Episodes) -> int:
    """How large the arrays of a source are [bytes], going by its first episode.

    Raises:
        BadInput: if that cannot be read.
    """
    arrays = checked_episode(source, 0).arrays.values()
    steps = int(np.sum(source.lengths)) / int(source.lengths[0])
    return round(steps * sum(array.nbytes for array in arrays))


def in_memory(source: Episodes) -> Demonstrations:
    """All episodes of a source, held in memory.

    Raises:
        BadInput: naming the episode, if one is not like the first.
    """
    first = checked_episode(source, 0)
    rows = rows_of(first)
    others = [checked_episode(source, i, rows) for i in range(1, len(source.lengths))]
    return Demonstrations.concatenate([first, *others], source.meta)


def checked_episode(
    source: Episodes, i: int, rows: str | None = None
) -> Demonstrations:
    """Episode i, as long as was said.

    Args:
        source: Where it comes from.
        i: Its number.
        rows: What its rows are to be, the `rows_of` another; anything if None.

    Raises:
        BadInput: naming the episode, if it is not so.
    """
    episode, steps = source.episode(i), int(source.lengths[i])
    if episode.episode_ends.tolist() != [steps]:
        raise BadInput(
            f"episode {i}: expected one episode of {steps} steps, got ends "
            f"{episode.episode_ends.tolist()}"
        )
    came = rows_of(episode)
    if came != (rows or came):
        raise BadInput(f"episode {i}: expected arrays {rows}, got {came}")
    return episode


def rows_of(episode: Demonstrations) -> str:
    """What one row of each array is, told in one line."""
    return ", ".join(
        f"{name} {array.dtype} {array.shape[1:]}"
        for name, array in sorted(episode.arrays.items())
    )

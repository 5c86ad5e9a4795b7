"""The frames that a decision looks at, kept while time goes on.

A robot sees one frame at a time, a policy the last n_obs of them. Before there are that
many, the first stands for those that nobody saw, as in the windows of demonstrations.

This module needs numpy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["History", "stacked"]


def stacked(frames: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Frames, one or more, one after another: by name, (frames, ...)."""
    return {name: np.stack([frame[name] for frame in frames]) for name in frames[0]}


class History:
    """The last frames, by name.

    Args:
        n_obs: How many.
    """

    def __init__(self, n_obs: int) -> None:
        self._frames: deque[Mapping[str, Any]] = deque(maxlen=n_obs)

    def push(self, frame: Mapping[str, NDArray[Any]]) -> None:
        """Take what is seen now."""
        first = not self._frames
        self._frames.extend([frame] * (self._frames.maxlen or 1) if first else [frame])

    @property
    def window(self) -> dict[str, NDArray[Any]]:
        """The frames, each (n_obs, ...), now last; nothing is asked of others."""
        return stacked(self._frames)

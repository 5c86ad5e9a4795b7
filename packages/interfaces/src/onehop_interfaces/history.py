"""The frames that a decision looks at, kept while time goes on.

A robot sees one frame at a time, a policy the last n_obs of them. Before there are that
many, the first stands for those that nobody saw, as in the windows of demonstrations.

This module needs numpy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["History"]


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
        return {k: np.stack([f[k] for f in self._frames]) for k in self._frames[-1]}

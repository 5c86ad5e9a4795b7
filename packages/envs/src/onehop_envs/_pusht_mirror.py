"""Push-T in a mirror: every demonstration is a second one.

The T is its own mirror image about its stem, and the goal's stem lies on the line
x + y = 512, about which table and goal are symmetric (the walls to within a pixel):

    (x, y) -> (512 - y, 512 - x),      angle -> pi / 2 - angle

for agent, block and actions alike, and for the pixels of a picture. The nine keypoints
are not symmetric on the T, so they are computed anew from the mirrored pose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._demonstrations import Demonstrations
from ._pusht_geometry import KEYPOINTS
from ._pusht_pictures import states_of

__all__ = ["mirrored"]

Array = NDArray[np.float64]

_SIDE = 512.0  # [px]


def mirrored(demonstrations: Demonstrations) -> Demonstrations:
    """The mirror images of Push-T episodes.

    Returns:
        As many episodes, of those observations that can be mirrored: where there is
        "state", of it (N, 5) [px, rad], the angle in [0, 2 pi), and "keypoints" (N, 20)
        [px]; "agent_pos" (N, 2) [px] and "image" (N, S, S, 3) where they are; and
        actions (N, 2) [px].

    Raises:
        BadInput: if there is none of these.
    """
    obs = demonstrations.obs
    seen: dict[str, NDArray[Any]] = {}
    if not obs.keys() & {"agent_pos", "image"} or "state" in obs:
        seen |= _states(states_of(demonstrations, "mirrored"))
    if "agent_pos" in obs:
        seen["agent_pos"] = _flipped(obs["agent_pos"]).astype(np.float32)
    if "image" in obs:
        # Rows are y: they change places with columns, and both run backwards.
        seen["image"] = obs["image"][:, ::-1, ::-1].swapaxes(1, 2)
    return Demonstrations(
        seen,
        _flipped(demonstrations.actions).astype(np.float32),
        demonstrations.episode_ends,
        {**demonstrations.meta, "mirrored": True},
    )


def _states(state: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Mirrored states, and their keypoints with the agent."""
    agent, block = _flipped(state[:, :2]), _flipped(state[:, 2:4])
    angle = (np.pi / 2 - state[:, 4].astype(np.float64)) % (2 * np.pi)
    state = np.column_stack([agent, block, angle])
    keypoints = np.column_stack([_keypoints(block, angle), agent])
    return {
        "state": state.astype(np.float32),
        "keypoints": keypoints.astype(np.float32),
    }


def _flipped(points: NDArray[np.float32]) -> Array:
    """Points (N, 2) in the mirror."""
    return _SIDE - points[:, ::-1].astype(np.float64)


def _keypoints(block: Array, angle: Array) -> Array:
    """The nine keypoints (N, 18) of poses."""
    local = np.asarray(KEYPOINTS)  # (9, 2)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = block[:, :1] + c * local[:, 0] - s * local[:, 1]
    y = block[:, 1:] + s * local[:, 0] + c * local[:, 1]
    return np.stack([x, y], axis=-1).reshape(len(block), -1)

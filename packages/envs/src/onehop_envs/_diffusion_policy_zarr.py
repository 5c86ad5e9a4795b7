"""Diffusion Policy's replay buffer: Push-T demonstrations in zarr v2.

    data/state     (N, 5)     agent x, y [px], block x, y [px], block angle [rad]
    data/keypoint  (N, 9, 2)  keypoints of the block [px]
    data/action    (N, 2)     target position of the agent [px]
    meta/episode_ends  (E,)   one past the last row of each episode

in a directory or a zip, at its root or one folder down. Pictures are not read here, but
by `_replay_buffer`.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://github.com/real-stanford/diffusion_policy
    | zarr v2 specification | https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, naming

from ._demonstrations import Array, Demonstrations, Json, as_float32
from ._zarr import Rows, read_array
from ._zarr_store import Store, store_at

__all__ = ["MOST_ROWS", "about", "all_keypoints", "read_diffusion_policy_zarr"]

MOST_ROWS = 2**21
"""No buffer is longer: 58 h of demonstrations at 10 Hz."""

ARRAYS = {
    "data/state": Rows((5,), "fiu", MOST_ROWS),
    "data/keypoint": Rows((9, 2), "fiu", MOST_ROWS),
    "data/action": Rows((2,), "fiu", MOST_ROWS),
    "meta/episode_ends": Rows((), "iu", MOST_ROWS),
}


def read_diffusion_policy_zarr(path: str | Path) -> Demonstrations:
    """Read a Push-T replay buffer of Diffusion Policy.

    Needs ``onehop-envs[zarr]``. Nothing that the file names is called: it may be
    compressed by blosc, bz2, gzip, lz4, lzma, zlib, zstd or not at all. More than 2^21
    rows are refused.

    Args:
        path: The zarr directory, or a zip of it.

    Returns:
        Demonstrations with obs "state" (N, 5) and "keypoints" (N, 20), the nine
        keypoints and then the agent, x before y [px]; actions (N, 2) [px].

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """
    path = Path(path)
    store = store_at(path)
    arrays = {name: _array(store, name, rows) for name, rows in ARRAYS.items()}
    state, keypoints = arrays["data/state"], arrays["data/keypoint"]
    if len(keypoints) != len(state):
        raise BadInput(
            f"{path}: array 'data/keypoint': expected {len(state)} rows as in "
            f"'data/state', got {len(keypoints)}"
        )
    with naming(path):
        return Demonstrations(
            {"state": as_float32(state), "keypoints": all_keypoints(keypoints, state)},
            as_float32(arrays["data/action"]),
            arrays["meta/episode_ends"].astype(np.int64),
            about(path),
        )


def about(path: Path) -> dict[str, Json]:
    """Where Push-T's demonstrations come from, and what their numbers are."""
    return {
        "environment": "Push-T",
        "source": f"Diffusion Policy replay buffer {path.name}",
        "units": {"state": "px, px, px, px, rad", "keypoints": "px"},
        "actions": "target position of the agent [px]",
    }


def all_keypoints(keypoints: NDArray[Any], state: NDArray[Any]) -> Array:
    """The block's nine (N, 9, 2) and then the agent: x before y, (N, 20) [px]."""
    block = as_float32(keypoints).reshape(-1, 18)
    return np.hstack([block, as_float32(state[:, :2])])


def _array(store: Store, name: str, rows: Rows) -> NDArray[Any]:
    if f"{name}/.zarray" not in store:
        raise BadInput(f"{store.path}: array {name!r} is missing, found {_held(store)}")
    return read_array(store, name, rows)


def _held(store: Store) -> list[str]:
    """The arrays of this buffer that are there."""
    return [name for name in ARRAYS if f"{name}/.zarray" in store]

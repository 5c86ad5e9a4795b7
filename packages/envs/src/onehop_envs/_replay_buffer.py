"""Replay buffers of Diffusion Policy and its kin, with pictures, in zarr v2.

    data/action       (N, A)   what was done
    data/<name>       (N, ...) what was seen: numbers, or pictures (N, H, W, 3) of bytes
    meta/episode_ends (E,)     one past the last row of each episode

Push-T's own buffer is known by its state (N, 5), and its observations are called as its
policies call them:

    data/img       (N, 96, 96, 3)   "image", floats that are whole: kept as bytes
    data/state     (N, 5)           "state", and of it "agent_pos" (N, 2) [px]
    data/keypoint  (N, 9, 2)        "keypoints" (N, 20), the agent after the block [px]

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

from ._demonstrations import Array, Demonstrations, Json, as_float32, check_ends
from ._diffusion_policy_zarr import MOST_ROWS, about, all_keypoints
from ._observed import observed, pictures
from ._zarr import Rows, ZarrArray, open_array, read_array
from ._zarr_store import Store, store_at

__all__ = ["DiffusionPolicyEpisodes"]

ENDS = "meta/episode_ends"
PUSHT = {"img": None, "keypoint": (9, 2), "state": (5,)}
"""What of Push-T's is looked at, and the shape of a row."""


class DiffusionPolicyEpisodes:
    """The episodes of a replay buffer. Needs ``onehop-envs[zarr]``.

    Args:
        path: The zarr directory, or a zip of it.

    Attributes:
        lengths: Steps of each episode, (E,).
        meta: Where they come from.

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        store = store_at(self.path)
        data = store.below("data")
        names = [name for name in data.names() if not _is_other(data, name)]
        if "action" not in names or f"{ENDS}/.zarray" not in store:
            raise BadInput(
                f"{self.path}: expected arrays data/action and {ENDS}, found "
                f"{names[:20]} in data"
            )
        every = Rows(None, "fiub", MOST_ROWS)
        arrays = {name: open_array(store, f"data/{name}", every) for name in names}
        self.ends = read_array(store, ENDS, Rows((), "iu", MOST_ROWS)).astype(np.int64)
        with naming(self.path):
            check_ends(self.ends)
        self.pusht = _is_pusht(arrays)
        self.meta: dict[str, Json] = about(self.path)
        if not self.pusht:
            self.meta = {"source": self.meta["source"]}
        self.arrays = self._looked_at(arrays)

    @property
    def keypoints(self) -> bool:
        """Whether it is Push-T's, with keypoints."""
        return self.pusht and "keypoint" in self.arrays

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each episode, (E,)."""
        return np.diff(self.ends, prepend=0)

    def episode(self, i: int) -> Demonstrations:
        """Episode i."""
        stop = int(self.ends[i])
        start = stop - int(self.lengths[i])
        rows = {name: array.rows(start, stop) for name, array in self.arrays.items()}
        actions = as_float32(rows.pop("action"))
        obs = self._pusht(rows) if self.pusht else self._others(rows)
        with naming(f"{self.path}: episode {i}"):
            return Demonstrations(obs, actions, np.array([len(actions)]))

    def _looked_at(self, arrays: dict[str, ZarrArray]) -> dict[str, ZarrArray]:
        """The arrays that are, all of them as long as the episodes are."""
        if self.pusht:
            arrays = {
                name: arrays[name] for name in ("action", *PUSHT) if name in arrays
            }
        for name, array in arrays.items():
            if array.shape[0] != self.ends[-1]:
                raise BadInput(
                    f"{self._where(name)}: expected {self.ends[-1]} rows, the last of "
                    f"{ENDS}, got {array.shape[0]}"
                )
        return arrays

    def _pusht(self, rows: dict[str, NDArray[Any]]) -> dict[str, Array]:
        """Observations by the names of Push-T's policies."""
        state = as_float32(rows["state"])
        obs = {"state": state, "agent_pos": state[:, :2]}
        if "keypoint" in rows:
            obs["keypoints"] = all_keypoints(rows["keypoint"], state)
        if "img" in rows:
            with naming(self._where("img")):
                obs["image"] = pictures(rows["img"])
        return obs

    def _others(self, rows: dict[str, NDArray[Any]]) -> dict[str, Array]:
        """Observations by their own names."""
        return {
            name: observed(array, self._where(name)) for name, array in rows.items()
        }

    def _where(self, name: str) -> str:
        return f"{self.path}: array 'data/{name}'"


def _is_other(data: Store, name: str) -> bool:
    """Whether something in the group of data is no array: a text, or a group."""
    return name.startswith(".") or f"{name}/.zgroup" in data


def _is_pusht(arrays: dict[str, ZarrArray]) -> bool:
    """Whether these are Push-T's: its state, with keypoints or pictures."""
    shapes = {name: array.shape[1:] for name, array in arrays.items() if name in PUSHT}
    fits = all(PUSHT[name] in (None, shape) for name, shape in shapes.items())
    return fits and "state" in shapes and len(shapes) > 1

"""Diffusion Policy's replay buffer: Push-T demonstrations in zarr v2.

    data/state     (N, 5)     agent x, y [px], block x, y [px], block angle [rad]
    data/keypoint  (N, 9, 2)  keypoints of the block [px]
    data/action    (N, 2)     target position of the agent [px]
    meta/episode_ends  (E,)   one past the last row of each episode

in a directory or a zip, at its root or one folder down. Images are not read.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://github.com/real-stanford/diffusion_policy
    | zarr v2 specification | https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._demonstrations import Demonstrations

__all__ = ["read_diffusion_policy_zarr"]

SHAPES: dict[str, tuple[int, ...]] = {
    "data/state": (5,),
    "data/keypoint": (9, 2),
    "data/action": (2,),
    "meta/episode_ends": (),
}


def read_diffusion_policy_zarr(path: str | Path) -> Demonstrations:
    """Read a Push-T replay buffer of Diffusion Policy.

    Needs ``onehop-envs[zarr]``.

    Args:
        path: The zarr directory, or a zip of it.

    Returns:
        Demonstrations with obs "state" (N, 5) and "keypoints" (N, 20), the nine
        keypoints and then the agent, x before y [px]; actions (N, 2) [px].

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """
    path = Path(path)
    with _opened(path) as root:
        arrays = {name: _array(path, root, name) for name in SHAPES}
    state = arrays["data/state"].astype(np.float32)
    keypoints = arrays["data/keypoint"].astype(np.float32).reshape(-1, 18)
    if len(keypoints) != len(state):
        raise BadInput(
            f"{path}: array 'data/keypoint': expected {len(state)} rows as in "
            f"'data/state', got {len(keypoints)}"
        )
    try:
        return Demonstrations(
            {"state": state, "keypoints": np.hstack([keypoints, state[:, :2]])},
            arrays["data/action"].astype(np.float32),
            arrays["meta/episode_ends"].astype(np.int64),
            {
                "environment": "Push-T",
                "source": f"Diffusion Policy replay buffer {path.name}",
                "units": {"state": "px, px, px, px, rad", "keypoints": "px"},
                "actions": "target position of the agent [px]",
            },
        )
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def _import_zarr(path: Path) -> Any:
    try:
        import zarr  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        raise BadInput(
            f"{path}: reading zarr needs the package zarr: "
            "pip install 'onehop-envs[zarr]'"
        ) from None
    return zarr


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    zarr = _import_zarr(path)
    if not path.exists():
        raise BadInput(f"{path}: expected a zarr directory or zip, found nothing")
    try:
        store: Any = (
            zarr.DirectoryStore(str(path))
            if path.is_dir()
            else zarr.ZipStore(str(path), mode="r")
        )
    except BadZipFile:
        raise BadInput(
            f"{path}: expected a zarr directory or zip, got another file"
        ) from None
    try:
        yield _root(path, store)
    finally:
        store.close()


def _root(path: Path, store: Any) -> Any:
    # A zip made of a folder keeps the folder's name in front of every entry.
    for folder in ["", *sorted(store.listdir(""))]:
        if f"{folder}/.zgroup".lstrip("/") in store:
            return _import_zarr(path).open_group(store, mode="r", path=folder)
    raise BadInput(f"{path}: expected a zarr v2 group, found none")


def _array(path: Path, root: Any, name: str) -> NDArray[Any]:
    if name not in root or not hasattr(root[name], "dtype"):
        held = sorted(f"{group}/{key}" for group in root for key in root[group])
        raise BadInput(f"{path}: array {name!r} is missing, found {held}")
    try:
        array: NDArray[Any] = root[name][:]
    except (RuntimeError, ValueError, OSError) as error:
        text = " ".join(str(error).split())
        raise BadInput(f"{path}: array {name!r} cannot be read: {text}") from None
    if array.ndim == 0 or array.shape[1:] != SHAPES[name]:
        expected = ", ".join(map(str, ("N", *SHAPES[name])))
        raise BadInput(
            f"{path}: array {name!r}: expected shape ({expected}), got {array.shape}"
        )
    if array.dtype.kind not in "fiu":
        raise BadInput(f"{path}: array {name!r}: expected numbers, got {array.dtype}")
    return array

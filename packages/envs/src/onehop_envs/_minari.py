"""Minari's data sets: a folder with an HDF5 file, a group for each episode.

    data/main_data.hdf5
        episode_0/observations    (T + 1, S), or a group of such arrays by name
        episode_0/actions         (T, A)
        episode_0/rewards         (T,)
        episode_0/terminations    (T,)    whether the task ended there
        episode_0/truncations     (T,)    whether the episode was stopped there

What is seen after the last action is left out here: nothing was done about it.

References:
    | Minari: dataset standards | https://minari.farama.org/content/dataset_standards/
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, naming

from ._demonstrations import Demonstrations, as_float32
from ._hdf5 import numbers, opened
from ._rewards import Rewards

__all__ = ["MINARI_FILE", "read_minari"]

MINARI_FILE = Path("data") / "main_data.hdf5"
"""Where the data are, in the folder of a data set."""
EPISODE = re.compile(r"episode_(\d+)")


def read_minari(folder: str | Path) -> Demonstrations:
    """Read a data set of Minari's. Needs ``onehop-envs[hdf5]``.

    Args:
        folder: Of the data set, such as ``~/.minari/datasets/mujoco/hopper/expert-v0``.

    Returns:
        Demonstrations with rewards; obs "state", or those of Minari by their names.

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """
    path = Path(folder) / MINARI_FILE
    with opened(path) as root:
        found = {int(m[1]): name for name in root if (m := EPISODE.fullmatch(name))}
        if not found:
            raise BadInput(
                f"{path}: expected groups episode_0, ..., got {list(root)[:5]}"
            )
        episodes = [_episode(path, root[found[i]]) for i in sorted(found)]
    source = {"source": f"Minari data set {Path(folder).name}"}
    return Demonstrations.concatenate(episodes, source)


def _episode(path: Path, group: Any) -> Demonstrations:
    actions, rewards, terminations = (
        numbers(path, group, name) for name in ("actions", "rewards", "terminations")
    )
    obs = {
        name: as_float32(array[: len(actions)])
        for name, array in _observations(path, group).items()
    }
    with naming(f"{path}: {group.name}"):
        return Demonstrations(
            obs,
            as_float32(actions),
            np.array([len(actions)]),
            {},
            Rewards(as_float32(rewards), terminations[-1:].astype(bool)),
        )


def _observations(path: Path, group: Any) -> dict[str, NDArray[Any]]:
    """By name, of one array or of a group of them."""
    seen = group.get("observations")
    if seen is not None and hasattr(seen, "keys"):
        return {name: numbers(path, seen, name) for name in seen}
    return {"state": numbers(path, group, "observations")}

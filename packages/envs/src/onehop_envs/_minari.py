"""Minari's data sets: a folder with an HDF5 file, a group for each episode.

    data/main_data.hdf5
        episode_0/observations    (T + 1, S), or a group of such arrays by name
        episode_0/actions         (T, A)
        episode_0/rewards         (T,)
        episode_0/terminations    (T,)    whether the task ended there
        episode_0/truncations     (T,)    whether the episode was stopped there
        episode_0/state           of some, a group: (T + 1, ...), the simulation's state

What is seen after the last action is left out here: nothing was done about it.

References:
    | Minari: dataset standards | https://minari.farama.org/content/dataset_standards/
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from onehop_interfaces import BadInput, naming

from ._demonstrations import Array, Demonstrations, Json, as_float32
from ._episodes import in_memory, lengths_of
from ._hdf5 import dataset, group_in, numbered, numbers, opened
from ._observed import observed
from ._rewards import Rewards

__all__ = ["MINARI_FILE", "MinariEpisodes", "read_minari"]

MINARI_FILE = Path("data") / "main_data.hdf5"
"""Where the data are, in the folder of a data set."""


class MinariEpisodes:
    """The episodes of a data set of Minari's. Needs ``onehop-envs[hdf5]``.

    Observations are "state", or those of Minari by their names; pictures are bytes.

    Args:
        folder: Of the data set, such as ``~/.minari/datasets/mujoco/hopper/expert-v0``.

    Attributes:
        lengths: Steps of each episode, (E,).
        meta: Where they come from.

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / MINARI_FILE
        self.meta: dict[str, Json] = {
            "source": f"Minari data set {Path(folder).absolute().name}"
        }
        with opened(self.path) as root:
            self.names = numbered(self.path, root, "episode_")
            groups = (group_in(self.path, root, name) for name in self.names)
            lengths = [len(dataset(self.path, group, "actions")) for group in groups]
        self.lengths = lengths_of(lengths, self.path)

    def episode(self, i: int) -> Demonstrations:
        """Episode i, with rewards."""
        with opened(self.path) as root:
            return self._read(group_in(self.path, root, self.names[i]))

    def states(self, i: int, names: Sequence[str]) -> dict[str, Array]:
        """The simulation's state before each step of episode i, where it was recorded.

        Args:
            i: Which episode.
            names: Of its parts, such as "qpos".

        Returns:
            Name -> (T, ...), in the precision of the file.

        Raises:
            BadInput: naming the part that is missing, or has too few rows.
        """
        with opened(self.path) as root:
            group = group_in(self.path, root, self.names[i])
            inside = group_in(self.path, group, "state")
            found = {name: numbers(self.path, inside, name) for name in names}
            where = f"{self.path}: {inside.name}"
        steps = int(self.lengths[i])
        for name, rows in found.items():
            if len(rows) < steps:
                raise BadInput(
                    f"{where}/{name}: expected {steps} rows, got {len(rows)}"
                )
        return {name: rows[:steps] for name, rows in found.items()}

    def _read(self, group: Any) -> Demonstrations:
        actions, rewards, terminations = (
            numbers(self.path, group, name)
            for name in ("actions", "rewards", "terminations")
        )
        obs, where = (
            self._observations(group, len(actions)),
            f"{self.path}: {group.name}",
        )
        with naming(where):
            return Demonstrations(
                obs,
                as_float32(actions),
                np.array([len(actions)]),
                {},
                Rewards(as_float32(rewards), terminations[-1:].astype(bool)),
            )

    def _observations(self, group: Any, steps: int) -> dict[str, Array]:
        """By name, of one array or of a group of them."""
        seen = group.get("observations")
        if seen is None or not hasattr(seen, "keys"):
            named, inside = {"state": "observations"}, group
        else:
            inside = group_in(self.path, group, "observations")
            named = {name: name for name in inside}
        return {
            name: observed(
                numbers(self.path, inside, key)[:steps],
                f"{self.path}: {inside.name}/{key}",
            )
            for name, key in named.items()
        }


def read_minari(folder: str | Path) -> Demonstrations:
    """A data set of Minari's, in memory; `MinariEpisodes` has the arguments."""
    return in_memory(MinariEpisodes(folder))

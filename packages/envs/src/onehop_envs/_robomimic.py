"""robomimic's data sets: an HDF5 file, a group for each demonstration.

    data                  the attribute env_args says what environment they are of
        demo_0/obs/<name>     (T, ...)   what was seen: numbers, or pictures of bytes
        demo_0/actions        (T, A)     what was done
        demo_0/rewards        (T,)       what it earned, if there is such,
        demo_0/dones          (T,)       and whether the demonstration ended there

LIBERO's files are such, too. Simulator states and what was seen next are left out;
masks (parts of the data by name) are not looked at: all demonstrations count.

References:
    | What Matters in Learning from Offline Human Demonstrations for Robot Manipulation
    | (Mandlekar et al., 2021) | https://robomimic.github.io/docs/datasets/overview.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from onehop_interfaces import BadInput, naming, parse_json

from ._demonstrations import Demonstrations, Json, as_float32
from ._episodes import lengths_of
from ._hdf5 import dataset, group_in, numbered, numbers, opened
from ._observed import observed
from ._rewards import Rewards

__all__ = ["RobomimicEpisodes"]


class RobomimicEpisodes:
    """The demonstrations of a file of robomimic's. Needs ``onehop-envs[hdf5]``.

    Observations have robomimic's names. An episode counts as ended by the task itself
    if its last `dones` says so.

    Args:
        path: The file.

    Attributes:
        lengths: Steps of each episode, (E,).
        meta: Where they come from.

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.meta: dict[str, Json] = {"source": f"robomimic data set {self.path.name}"}
        with opened(self.path) as root:
            data = group_in(self.path, root, "data")
            self.meta |= _environment(data)
            self.names = numbered(self.path, data, "demo_")
            groups = (group_in(self.path, data, name) for name in self.names)
            lengths = [len(dataset(self.path, group, "actions")) for group in groups]
        self.lengths = lengths_of(lengths, self.path)

    def episode(self, i: int) -> Demonstrations:
        """Episode i, with rewards if there are any."""
        with opened(self.path) as root:
            data = group_in(self.path, root, "data")
            return self._read(group_in(self.path, data, self.names[i]))

    def _read(self, group: Any) -> Demonstrations:
        seen, where = group_in(self.path, group, "obs"), f"{self.path}: {group.name}"
        obs = {
            name: observed(numbers(self.path, seen, name), f"{where}/obs/{name}")
            for name in seen
        }
        actions = as_float32(numbers(self.path, group, "actions"))
        rewards = self._rewards(group)
        with naming(where):
            return Demonstrations(obs, actions, np.array([len(actions)]), {}, rewards)

    def _rewards(self, group: Any) -> Rewards | None:
        if "rewards" not in group or "dones" not in group:
            return None
        each, dones = (numbers(self.path, group, name) for name in ("rewards", "dones"))
        return Rewards(as_float32(each), dones[-1:].astype(bool))


def _environment(data: Any) -> dict[str, Json]:
    """What environment it says that they are of."""
    said = data.attrs.get("env_args")
    try:
        name = parse_json(said, "env_args").get("env_name")
    except (BadInput, TypeError):
        return {}
    return {"environment": name} if isinstance(name, str) else {}

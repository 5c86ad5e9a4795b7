"""What lies at a path: demonstrations of this project, or of others.

<folder>/meta/info.json           a LeRobotDataset
<folder>/data/main_data.hdf5      a data set of Minari's
<folder>/*.pkl                    D3IL's pickles of Avoiding
<folder>/.zgroup, or a .zip       a replay buffer of Diffusion Policy
a .hdf5 or .h5 with a group data  a data set of robomimic's
any other .hdf5 or .h5            a data set of D4RL's
any other file                    a demonstration file
"""

from __future__ import annotations

from pathlib import Path

from onehop_interfaces import BadInput

from ._d3il_pickle import read_d3il_avoiding
from ._d4rl_hdf5 import read_d4rl_hdf5
from ._demonstrations import Demonstrations
from ._episodes import Episodes, Held
from ._hdf5 import opened
from ._lerobot import LeRobotEpisodes
from ._lerobot_info import INFO_FILE
from ._minari import MINARI_FILE, MinariEpisodes
from ._replay_buffer import DiffusionPolicyEpisodes
from ._robomimic import RobomimicEpisodes

__all__ = ["episodes_at"]

HDF5 = (".hdf5", ".h5")


def episodes_at(path: str | Path) -> Episodes:
    """The episodes that lie at a path, whoever recorded them.

    Those of D3IL and D4RL, and this project's own, are `Held`.

    Raises:
        BadInput: naming the file, what was expected and what came.
    """
    path = Path(path)
    if not path.exists():
        raise BadInput(f"{path}: expected demonstrations, got nothing there")
    if path.is_dir():
        return _in_folder(path)
    if path.suffix in HDF5:
        robomimic = _has_group_data(path)
        return RobomimicEpisodes(path) if robomimic else Held(read_d4rl_hdf5(path))
    if path.suffix == ".zip":
        return DiffusionPolicyEpisodes(path)
    return Held(Demonstrations.load(path))


def _in_folder(folder: Path) -> Episodes:
    if (folder / INFO_FILE).exists():
        return LeRobotEpisodes(folder)
    if (folder / MINARI_FILE).exists():
        return MinariEpisodes(folder)
    if any(folder.glob("*.pkl")):
        return Held(read_d3il_avoiding(folder))
    if any(folder.glob(".zgroup")) or any(folder.glob("*/.zgroup")):
        return DiffusionPolicyEpisodes(folder)
    raise BadInput(
        f"{folder}: expected {INFO_FILE} (LeRobot), {MINARI_FILE} (Minari), *.pkl "
        "(D3IL) or .zgroup (Diffusion Policy, zarr v2), found "
        f"{sorted(entry.name for entry in folder.iterdir())[:9]}"
    )


def _has_group_data(path: Path) -> bool:
    with opened(path) as root:
        return "data" in root and hasattr(root.get("data", getlink=False), "keys")

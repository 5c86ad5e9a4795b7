"""What lies at a path is told by what is there."""

import json

import h5py
import numpy as np
import pytest

from onehop_envs import (
    Demonstrations,
    DiffusionPolicyEpisodes,
    Held,
    LeRobotEpisodes,
    MinariEpisodes,
    RobomimicEpisodes,
    _episodes_at,
    episodes_at,
    in_memory,
    size_of,
)
from onehop_interfaces import BadInput


def demonstrations() -> Demonstrations:
    steps = np.ones((5, 2), np.float32)
    return Demonstrations({"state": steps}, steps, np.array([2, 5]), {"a": 1})


@pytest.mark.parametrize(
    ("there", "kind"),
    [
        ("meta/info.json", LeRobotEpisodes),
        ("data/main_data.hdf5", MinariEpisodes),
        (".zgroup", DiffusionPolicyEpisodes),
        ("replay.zarr/.zgroup", DiffusionPolicyEpisodes),
    ],
)
def test_folders_are_told_by_their_files(tmp_path, monkeypatch, there, kind) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).touch()
    monkeypatch.setattr(_episodes_at, kind.__name__, lambda path: (kind, path))
    assert episodes_at(tmp_path) == (kind, tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path) -> None:
    (tmp_path / "zarr.json").write_text(json.dumps({"zarr_format": 3}))
    with pytest.raises(BadInput, match=r"LeRobot.*zarr v2\), found \['zarr.json'\]"):
        episodes_at(tmp_path)


def test_hdf5_is_told_by_its_groups(tmp_path) -> None:
    ones = np.ones((4, 2))
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["data/demo_0/actions"] = file["data/demo_0/obs/a"] = ones
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["observations"] = file["actions"] = ones
        file["rewards"], file["terminals"] = ones[:, 0], np.array([0, 1, 0, 0])
    assert isinstance(episodes_at(tmp_path / "a.hdf5"), RobomimicEpisodes)
    held = episodes_at(tmp_path / "b.h5")
    assert isinstance(held, Held)
    assert held.lengths.tolist() == [2, 2]


def test_ones_own_file_is_held(tmp_path) -> None:
    demonstrations().save(tmp_path / "file")
    held = episodes_at(tmp_path / "file")
    assert isinstance(held, Held)
    assert in_memory(held).sha256 == demonstrations().sha256
    assert held.meta == {"a": 1}
    # Two arrays of five rows of two numbers; an end for every two steps, by the first.
    assert size_of(held) == 2 * 5 * 2 * 4 + 20


def test_episodes_without_steps_are_refused(tmp_path) -> None:
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        for i in range(2):
            file[f"data/demo_{i}/actions"] = np.ones((2 - 2 * i, 2))
    with pytest.raises(BadInput, match=r"a.hdf5: .* at least one step, got 0 in .* 1"):
        episodes_at(tmp_path / "a.hdf5")

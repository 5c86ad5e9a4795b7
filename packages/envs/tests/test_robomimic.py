"""Data of robomimic, written as its own scripts write it: by h5py."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from onehop_envs import Demonstrations, RobomimicEpisodes, in_memory, write_episodes
from onehop_interfaces import BadInput

LENGTHS = {"demo_2": 3, "demo_10": 5, "demo_1": 2}


def content(name: str) -> dict[str, np.ndarray]:
    rng, n = np.random.default_rng(LENGTHS[name]), LENGTHS[name]
    return {
        "obs/agentview_image": rng.integers(0, 256, (n, 4, 5, 3), np.uint8),
        "obs/robot0_eef_pos": rng.normal(size=(n, 3)),
        "obs/robot0_gripper": rng.normal(size=n).astype(np.float32),
        "next_obs/robot0_eef_pos": rng.normal(size=(n, 3)),
        "states": rng.normal(size=(n, 30)),
        "actions": rng.normal(size=(n, 7)),
        "rewards": np.eye(n)[-1],
        "dones": (np.arange(n) == n - 1).astype(np.int64) * (name != "demo_10"),
    }


@pytest.fixture
def write(tmp_path):
    def written(changes=()) -> Path:
        path = tmp_path / "image.hdf5"
        with h5py.File(path, "w") as file:
            data = file.create_group("data")
            data.attrs["total"] = sum(LENGTHS.values())
            data.attrs["env_args"] = json.dumps({"env_name": "Lift", "type": 1})
            for name in LENGTHS:
                for key, array in {**content(name), **dict(changes)}.items():
                    if array is not None:
                        data[f"{name}/{key}"] = array
                data[name].attrs["num_samples"] = LENGTHS[name]
            file["mask/train"] = np.array([b"demo_1", b"demo_2"])
        return path

    return written


def test_demonstrations_are_read_in_order(write, tmp_path) -> None:
    source = RobomimicEpisodes(write())
    assert source.lengths.tolist() == [2, 3, 5]
    write_episodes(source, tmp_path / "file")
    found = Demonstrations.load(tmp_path / "file")
    assert found.meta == {
        "source": "robomimic data set image.hdf5",
        "environment": "Lift",
    }
    assert sorted(found.obs) == [
        "agentview_image",
        "robot0_eef_pos",
        "robot0_gripper",
    ]
    assert found.rewards.terminals.tolist() == [True, True, False]
    for i, name in enumerate(["demo_1", "demo_2", "demo_10"]):
        episode, expected = found.select([i]), content(name)
        np.testing.assert_array_equal(
            episode.obs["agentview_image"], expected["obs/agentview_image"], strict=True
        )
        for key, array in (
            ("obs/robot0_eef_pos", episode.obs["robot0_eef_pos"]),
            ("obs/robot0_gripper", episode.obs["robot0_gripper"][:, 0]),
            ("actions", episode.actions),
            ("rewards", episode.rewards.each),
        ):
            np.testing.assert_array_equal(array, np.float32(expected[key]), strict=True)


def test_rewards_need_not_be_there(write) -> None:
    assert in_memory(RobomimicEpisodes(write({"dones": None}))).rewards is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"actions": None}, "/data/demo_1/actions: expected an array, found"),
        ({"actions": np.zeros((4, 2))}, "/data/demo_1: obs/.*N = 4"),
        (
            {"obs/lang": np.array([b"a"] * 2)},
            "/data/demo_1/obs/lang: expected numbers, got",
        ),
        ({"obs": h5py.SoftLink("/data")}, "/data/demo_1/obs: .*got a link"),
        (
            {"obs/wrist": np.zeros((2, 3, 8, 8), np.uint8)},
            "/data/demo_1/obs/wrist: .*pictures",
        ),
        ({"obs/extra": np.full((2, 1), np.nan)}, "/data/demo_1: obs/extra: .*finite"),
        ({"rewards": np.zeros((2, 1))}, "/data/demo_1: rewards: expected float32"),
    ],
)
def test_what_is_not_as_expected_is_refused(write, change, text: str) -> None:
    if "obs" in change:
        change = {**dict.fromkeys(k for k in content("demo_1") if "obs" in k), **change}
    with pytest.raises(BadInput, match=f"image.hdf5: {text}"):
        in_memory(RobomimicEpisodes(write(change)))


def test_other_files_are_refused(tmp_path) -> None:
    path = tmp_path / "other.hdf5"
    with h5py.File(path, "w") as file:
        file["data/episode"] = np.zeros(3)
    with pytest.raises(BadInput, match=r"expected groups demo_0, .*, got"):
        RobomimicEpisodes(path)

import shutil
from pathlib import Path

import numpy as np
import pytest

from onehop_envs import read_diffusion_policy_zarr
from onehop_interfaces import BadInput

REAL = Path(__file__).parents[3].parent / "shared/data/pusht_cchi_v7_replay.zarr.zip"


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "data/state": rng.uniform(0, 512, (8, 5)).astype(np.float32),
        "data/keypoint": rng.uniform(0, 512, (8, 9, 2)).astype(np.float32),
        "data/action": rng.uniform(0, 512, (8, 2)).astype(np.float32),
        "data/img": np.zeros((8, 2, 2, 3), np.float32),
        "meta/episode_ends": np.array([3, 8]),
    }


@pytest.fixture
def write(tmp_path):
    zarr = pytest.importorskip("zarr", reason="needs onehop-envs[zarr]")

    def write_replay(contents, layout: str) -> Path:
        folder = tmp_path / "whole" / "replay.zarr"
        root = zarr.open_group(zarr.DirectoryStore(str(folder)), mode="w")
        root.create_group("data")
        root.create_group("meta")
        for name, array in contents.items():
            root.create_dataset(name, data=array)
        if layout == "directory":
            return folder
        base = folder if layout == "zip" else folder.parent
        return Path(shutil.make_archive(str(tmp_path / "replay"), "zip", base))

    return write_replay


@pytest.mark.parametrize("layout", ["directory", "zip", "zip of a folder"])
def test_reads_every_layout(write, layout: str) -> None:
    contents = arrays()
    demos = read_diffusion_policy_zarr(write(contents, layout))
    state, keypoints = contents["data/state"], contents["data/keypoint"]
    np.testing.assert_array_equal(demos.obs["state"], state)
    np.testing.assert_array_equal(demos.obs["keypoints"][:, :18:2], keypoints[..., 0])
    np.testing.assert_array_equal(demos.obs["keypoints"][:, 1:18:2], keypoints[..., 1])
    np.testing.assert_array_equal(demos.obs["keypoints"][:, 18:], state[:, :2])
    np.testing.assert_array_equal(demos.actions, contents["data/action"])
    np.testing.assert_array_equal(demos.episode_ends, [3, 8])
    assert demos.obs["state"].dtype == demos.obs["keypoints"].dtype == np.float32


def nan_at_5(array: np.ndarray) -> np.ndarray:
    array[5] = np.nan
    return array


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        ("data/action", None, "array 'data/action' is missing, found"),
        ("meta/episode_ends", None, "array 'meta/episode_ends' is missing"),
        ("data/state", lambda a: a[:, :4], r"expected shape \(N, 5\), got \(8, 4\)"),
        ("data/keypoint", lambda a: a[:, :8], r"expected shape \(N, 9, 2\)"),
        ("data/keypoint", lambda a: a[:7], "'data/keypoint': expected 8 rows"),
        ("data/action", lambda a: a[:7], r"actions: .*got \(7, 2\)"),
        ("data/action", lambda a: a.astype(str), "'data/action': expected numbers"),
        ("data/state", nan_at_5, "obs/state: expected finite .* in row 5"),
        ("meta/episode_ends", lambda a: a[::-1], "episode_ends: .*increasing"),
        ("meta/episode_ends", lambda a: a + 1, "N = 9, the last of episode_ends"),
    ],
)
def test_bad_buffers_are_refused_by_name(write, name: str, change, text: str) -> None:
    contents = arrays()
    original = contents.pop(name)
    if change is not None:
        contents[name] = change(original)
    path = write(contents, "zip")
    with pytest.raises(BadInput, match=text) as error:
        read_diffusion_policy_zarr(path)
    assert str(error.value).startswith(f"{path}: ")


def test_damaged_chunk_is_refused_by_name(write) -> None:
    path = write(arrays(), "directory")
    (path / "data/action/0.0").write_bytes(b"not compressed")
    with pytest.raises(BadInput, match="'data/action' cannot be read"):
        read_diffusion_policy_zarr(path)


def test_other_files_are_refused(tmp_path, write) -> None:
    (tmp_path / "text").write_text("no zip")
    (tmp_path / "empty").mkdir()
    for name, text in {
        "absent": "found nothing",
        "text": "got another file",
        "empty": "expected a zarr v2 group",
    }.items():
        with pytest.raises(BadInput, match=text):
            read_diffusion_policy_zarr(tmp_path / name)


def test_missing_zarr_is_said_in_one_line(monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-envs\[zarr\]'"):
        read_diffusion_policy_zarr(tmp_path)


@pytest.mark.skipif(not REAL.exists(), reason=f"needs {REAL.name} beside the project")
def test_reads_the_human_demonstrations() -> None:
    pytest.importorskip("zarr", reason="needs onehop-envs[zarr]")
    demos = read_diffusion_policy_zarr(REAL)
    assert len(demos) == 206
    assert demos.actions.shape == (25650, 2)
    keypoints = demos.obs["keypoints"].reshape(-1, 10, 2)
    x, y, angle = demos.obs["state"][:, 2:].T
    # Keypoint 3 lies at (-0.27, 25.54) [px] in the frame of the block; a few rows were
    # recorded in the middle of a contact and are a pixel off.
    cos, sin = np.cos(angle), np.sin(angle)
    expected = np.stack(
        [x - 0.27 * cos - 25.54 * sin, y - 0.27 * sin + 25.54 * cos], axis=1
    )
    error = np.abs(keypoints[:, 3] - expected).max(axis=1)
    assert np.quantile(error, 0.99) < 0.1
    assert error.max() < 3
    np.testing.assert_array_equal(keypoints[:, 9], demos.obs["state"][:, :2])

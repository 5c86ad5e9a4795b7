"""Replay buffers with pictures, as zarr 2 writes them and as zarr 3 does."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from onehop_envs import (
    Demonstrations,
    DiffusionPolicyEpisodes,
    in_memory,
    read_diffusion_policy_zarr,
    write_episodes,
)
from onehop_interfaces import BadInput

REAL = Path(__file__).parents[3].parent / "shared/data/pusht_cchi_v7_replay.zarr.zip"
ENDS = np.array([3, 8])
rng = np.random.default_rng(0)
PICTURES = rng.integers(0, 256, (8, 6, 5, 3), np.uint8)
PUSHT = {
    "data/img": PICTURES.astype(np.float32),
    "data/state": rng.uniform(0, 512, (8, 5)).astype(np.float32),
    "data/keypoint": rng.uniform(0, 512, (8, 9, 2)).astype(np.float32),
    "data/n_contacts": np.zeros((8, 1), np.float32),
    "data/action": rng.uniform(0, 512, (8, 2)).astype(np.float32),
    "meta/episode_ends": ENDS,
}
ROBOT = {
    "data/camera_0": PICTURES,
    "data/mask": PICTURES[..., :1],
    "data/robot_eef_pose": rng.normal(size=(8, 6)),
    "data/stage": rng.integers(0, 4, 8),
    "data/closed": np.arange(8) < 4,
    "data/action": rng.normal(size=(8, 7)),
    "meta/episode_ends": ENDS,
}


def by_zarr_2(folder: Path, contents, **settings) -> Path:
    zarr = pytest.importorskip("zarr", reason="writes what is read, needs zarr 2")
    root = zarr.open_group(zarr.DirectoryStore(str(folder)), mode="w")
    for name, array in contents.items():
        root.create_dataset(name, data=array, **settings)
    return folder


def by_zarr_3(folder: Path, contents, rows: int = 3) -> Path:
    """Laid out as zarr 3.1 lays out `zarr_format=2`: no chunk is all filling."""
    numcodecs = pytest.importorskip("numcodecs", reason="needs onehop-envs[zarr]")
    codec = numcodecs.Blosc("lz4", 5, 1)
    for group in (folder, folder / "data", folder / "meta"):
        group.mkdir(parents=True)
        (group / ".zgroup").write_text(json.dumps({"zarr_format": 2}))
        (group / ".zattrs").write_text("{}")
    for name, array in contents.items():
        (folder / name).mkdir()
        chunks = [rows, *array.shape[1:]]
        layout = {
            "shape": list(array.shape),
            "chunks": chunks,
            "dtype": array.dtype.str,
            "fill_value": 0,
            "order": "C",
            "filters": None,
            "dimension_separator": ".",
            "compressor": codec.get_config(),
            "zarr_format": 2,
        }
        (folder / name / ".zarray").write_text(json.dumps(layout, indent=2))
        (folder / name / ".zattrs").write_text("{}")
        for i in range(-(-len(array) // rows)):
            chunk = np.zeros(chunks, array.dtype)
            part = array[i * rows : (i + 1) * rows]
            chunk[: len(part)] = part
            if chunk.any():
                key = ".".join(["0"] * array.ndim).replace("0", str(i), 1)
                (folder / name / key).write_bytes(codec.encode(chunk))
    return folder


@pytest.mark.parametrize("form", ["directory", "zip", "zip of a folder"])
@pytest.mark.parametrize("write", [by_zarr_2, by_zarr_3])
def test_pusht_has_the_names_of_its_policies(tmp_path, write, form: str) -> None:
    path = write(tmp_path / "whole" / "replay.zarr", PUSHT)
    if form != "directory":
        base = path if form == "zip" else path.parent
        path = Path(shutil.make_archive(str(tmp_path / "replay"), "zip", base))
    source = DiffusionPolicyEpisodes(path)
    assert source.lengths.tolist() == [3, 5]
    write_episodes(source, tmp_path / "file")
    found = Demonstrations.load(tmp_path / "file")
    assert found.obs.keys() == {"image", "agent_pos", "state", "keypoints"}
    np.testing.assert_array_equal(found.obs["image"], PICTURES, strict=True)
    np.testing.assert_array_equal(found.obs["agent_pos"], PUSHT["data/state"][:, :2])
    assert found.meta["environment"] == "Push-T"
    if write is by_zarr_2:
        numbers = read_diffusion_policy_zarr(path)
        assert numbers.meta == found.meta
        np.testing.assert_array_equal(numbers.actions, found.actions, strict=True)
        for name, array in numbers.obs.items():
            np.testing.assert_array_equal(array, found.obs[name], strict=True)


@pytest.mark.parametrize("settings", [{"chunks": False}, {"chunks": 2}, {"order": "F"}])
def test_others_have_their_own_names(tmp_path, settings) -> None:
    found = in_memory(
        DiffusionPolicyEpisodes(by_zarr_2(tmp_path / "zarr", ROBOT, **settings))
    )
    assert found.meta == {"source": "Diffusion Policy replay buffer zarr"}
    np.testing.assert_array_equal(found.obs["camera_0"], PICTURES, strict=True)
    np.testing.assert_array_equal(found.obs["mask"], np.float32(PICTURES[..., :1]))
    for name in ("stage", "closed"):
        expected = np.float32(ROBOT[f"data/{name}"])[:, None]
        np.testing.assert_array_equal(found.obs[name], expected, strict=True)
    np.testing.assert_array_equal(found.actions, np.float32(ROBOT["data/action"]))


def test_chunks_across_every_axis_are_put_together(tmp_path) -> None:
    path = by_zarr_2(tmp_path / "zarr", {k: ROBOT[k] for k in list(ROBOT)[5:]})
    cut = {"chunks": (3, 4, 2, 2)}
    zarr = pytest.importorskip("zarr")
    root = zarr.open_group(zarr.DirectoryStore(str(path)), mode="a")
    root.create_dataset("data/camera_0", data=PICTURES, **cut)
    found = in_memory(DiffusionPolicyEpisodes(path))
    np.testing.assert_array_equal(found.obs["camera_0"], PICTURES, strict=True)


def test_each_chunk_is_read_once(tmp_path, monkeypatch) -> None:
    source = DiffusionPolicyEpisodes(by_zarr_2(tmp_path / "zarr", ROBOT, chunks=5))
    asked = []
    read = type(source.arrays["action"].store).read
    monkeypatch.setattr(
        type(source.arrays["action"].store),
        "read",
        lambda store, key, limit: asked.append(key) or read(store, key, limit),
    )
    in_memory(source)
    assert len(asked) == len(set(asked))


def test_a_chunk_that_zarr_3_left_out_is_not_taken_for_zeros(tmp_path) -> None:
    contents = {**ROBOT, "data/closed": np.zeros((8, 1), np.float32)}
    source = DiffusionPolicyEpisodes(by_zarr_3(tmp_path / "zarr", contents))
    with pytest.raises(BadInput, match=r"data/closed/0\.0: expected a .*write_empty"):
        in_memory(source)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"data/action": None}, "expected arrays data/action and meta/episode_ends"),
        ({"meta/episode_ends": None}, "expected arrays data/action and meta"),
        ({"data/stage": np.array(["a"] * 8)}, "'data/stage': expected numbers"),
        ({"data/stage": np.zeros((7, 1))}, "'data/stage': expected 8 rows, .*got 7"),
        ({"meta/episode_ends": ENDS[::-1]}, "episode_ends: .*increasing"),
        (
            {"data/camera_0": np.zeros((8, 3, 6, 5), np.uint8)},
            r"'data/camera_0': expected pictures \(N, H, W, 3\), got \(3, 3, 6, 5\)",
        ),
        ({"data/stage": np.full((8, 1), np.inf)}, "episode 0: obs/stage: .*finite"),
        ({"data/action": np.zeros(8)}, r"episode 0: actions: expected shape \(N, A\)"),
    ],
)
def test_what_is_not_as_expected_is_refused(tmp_path, change, text: str) -> None:
    contents = {k: a for k, a in {**ROBOT, **change}.items() if a is not None}
    path = by_zarr_2(tmp_path / "zarr", contents)
    with pytest.raises(BadInput, match=f"^{re.escape(str(path))}.*{text}"):
        in_memory(DiffusionPolicyEpisodes(path))


@pytest.mark.parametrize("values", [PICTURES / 255, -PICTURES.astype(np.float32)])
def test_pictures_of_other_numbers_are_refused(tmp_path, values) -> None:
    path = by_zarr_2(tmp_path / "zarr", {**PUSHT, "data/img": values})
    with pytest.raises(BadInput, match="'data/img': expected pictures of whole numb"):
        in_memory(DiffusionPolicyEpisodes(path))


@pytest.mark.skipif(not REAL.exists(), reason=f"needs {REAL.name} beside the project")
def test_reads_the_human_pictures() -> None:
    pytest.importorskip("numcodecs", reason="needs onehop-envs[zarr]")
    source = DiffusionPolicyEpisodes(REAL)
    assert len(source.lengths) == 206
    numbers, episode = read_diffusion_policy_zarr(REAL), source.episode(205)
    assert episode.obs["image"].shape == (len(episode.actions), 96, 96, 3)
    assert episode.obs["image"].dtype == np.uint8
    # The floor is white, and the agent is blue where it is said to be.
    row, place = episode.obs["image"][0], episode.obs["agent_pos"][0] / 512 * 96
    x, y = place.astype(int)
    assert row[0, 48].min() > 200
    assert row[y, x, 2] > row[y, x, 0] + 50
    state = numbers.select([205]).obs["state"]
    np.testing.assert_array_equal(episode.obs["state"], state, strict=True)

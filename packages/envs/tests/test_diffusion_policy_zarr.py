import json
import os
import re
import shutil
import stat
import zipfile
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
    zarr = pytest.importorskip("zarr", reason="writes what is read, needs zarr 2")

    def write_replay(contents, layout: str, **settings) -> Path:
        folder = tmp_path / "whole" / "replay.zarr"
        root = zarr.open_group(zarr.DirectoryStore(str(folder)), mode="w")
        root.create_group("data")
        root.create_group("meta")
        for name, array in contents.items():
            root.create_dataset(name, data=array, **settings)
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
    with pytest.raises(BadInput, match=r"data/action/0\.0: cannot be read"):
        read_diffusion_policy_zarr(path)


@pytest.mark.parametrize(
    "cut",
    [
        {"chunks": False},
        {"chunks": 3, "order": "F"},
        {"chunks": 5, "dimension_separator": "/"},
    ],
)
def test_reads_what_zarr_wrote(write, compressor, cut) -> None:
    contents = arrays()
    contents["data/state"] = contents["data/state"].astype(">f8")
    contents["data/action"] = contents["data/action"].astype(np.uint16)
    contents["meta/episode_ends"] = contents["meta/episode_ends"].astype(np.int8)
    demos = read_diffusion_policy_zarr(
        write(contents, "directory", compressor=compressor, **cut)
    )
    np.testing.assert_array_equal(
        demos.obs["state"], np.float32(contents["data/state"])
    )
    keypoints = contents["data/keypoint"].reshape(8, 18)
    np.testing.assert_array_equal(demos.obs["keypoints"][:, :18], keypoints)
    np.testing.assert_array_equal(demos.actions, np.float32(contents["data/action"]))
    assert demos.episode_ends.tolist() == [3, 8]


def test_every_chunk_must_be_there_and_whole(write, compressor) -> None:
    """zarr gave zeros for those that are not."""
    path = write(arrays(), "directory", compressor=compressor, chunks=5)
    chunks = [p for p in sorted(path.glob("*/*/[0-9]*")) if "img" not in str(p)]
    assert len(chunks) == 2 + 2 * 2 + 2 + 1
    for chunk in chunks:
        data, line = chunk.read_bytes(), re.escape(f"{chunk}: ")
        for damaged in (None, b"", data[:-1], data[: len(data) // 2], data + b"\0"):
            chunk.unlink(missing_ok=True)
            if damaged is not None:
                chunk.write_bytes(damaged)
            with pytest.raises(BadInput, match=f"^{line}") as error:
                read_diffusion_policy_zarr(path)
            assert "\n" not in str(error.value)
        chunk.write_bytes(data)
    read_diffusion_policy_zarr(path)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"zarr_format": 3}, "expected zarr_format 2"),
        ({"order": "K"}, "expected zarr_format 2, order C or F"),
        ({"dimension_separator": "/../"}, "separator . or /"),
        (
            {"filters": [{"id": "pickle"}]},
            "expected no filters, got [{'id': 'pickle'}]",
        ),
        ({"filters": {}}, "expected no filters"),
        ({"compressor": {"id": "pickle"}}, "expected no compressor or one of"),
        ({"compressor": {"id": ["blosc"]}}, "expected no compressor or one of"),
        ({"compressor": "blosc2"}, "got 'blosc2'"),
        ({"dtype": "|O"}, "expected numbers of kind fiu, got '|O'"),
        ({"dtype": "<f16"}, "expected numbers"),
        ({"dtype": "|f1"}, "expected numbers"),
        ({"dtype": [["a", "<f4"]]}, "expected numbers"),
        ({"shape": [10**9, 2]}, "expected at most 2097152 rows, got 1000000000"),
        ({"shape": [-1, 2]}, "expected shape (N, 2), got (-1, 2)"),
        ({"shape": [8.0, 2]}, "expected shape (N, 2), got [8.0, 2]"),
        ({"shape": [True, 2]}, "expected shape (N, 2), got [True, 2]"),
        ({"shape": "8"}, "expected shape (N, 2), got '8'"),
        ({"shape": None}, "expected shape (N, 2), got None"),
        ({"chunks": [0, 2]}, "expected 2 chunk sizes >= 1, got [0, 2]"),
        ({"chunks": [8]}, "expected 2 chunk sizes >= 1, got [8]"),
        ({"chunks": [[8], 2]}, "expected 2 chunk sizes"),
        ({"chunks": [10**9, 2]}, "536870912 bytes together, got 1 of 8000000000"),
        ({"chunks": [1, 10**6], "shape": [2**20, 2]}, "bytes together, got 1048576 of"),
        ({"chunks": [1, 1], "shape": [2**20, 2]}, "at most 1048576 chunks"),
        ({"shape": [9, 2], "chunks": [9, 2]}, "expected 72 bytes of values, got 64"),
    ],
)
def test_odd_metadata_is_refused_by_name(write, change, text: str) -> None:
    path = write(arrays(), "directory", compressor=None)
    file = path / "data/action/.zarray"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(BadInput, match=re.escape(text)) as error:
        read_diffusion_policy_zarr(path)
    assert str(error.value).startswith(str(path))
    assert "data/action" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_a_file_names_is_never_called(write, monkeypatch) -> None:
    """Up to 0.15.1 numcodecs had a codec that unpickled."""
    numcodecs = pytest.importorskip("numcodecs", reason="needs onehop-envs[zarr]")
    path = write(arrays(), "directory")
    asked = []
    monkeypatch.setattr(numcodecs, "get_codec", asked.append)
    monkeypatch.setattr(numcodecs.registry, "get_codec", asked.append)
    read_diffusion_policy_zarr(path)
    file = path / "data/action/.zarray"
    odd = {"filters": [{"id": "pickle"}], "compressor": {"id": "pickle"}, "dtype": "|O"}
    file.write_text(json.dumps(json.loads(file.read_text()) | odd))
    with pytest.raises(BadInput, match="expected no filters"):
        read_diffusion_policy_zarr(path)
    assert asked == []


@pytest.mark.parametrize("key", ["", ".zgroup", "data/state/.zarray", "data/state/0.0"])
@pytest.mark.parametrize("odd", ["FIFO", "loop", "device", "folder"])
def test_what_is_no_file_is_refused_at_once(write, key: str, odd: str) -> None:
    path = write(arrays(), "directory")
    place = path / key if key else path.with_name("other")
    if key:
        place.unlink()
    if odd == "FIFO":
        os.mkfifo(place)
    elif odd == "folder":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero" if odd == "device" else place)
    with pytest.raises(BadInput, match=r"expected a|is missing") as error:
        read_diffusion_policy_zarr(path if key else place)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("odd", ["link", "bz2", "large", "bit", "method"])
def test_odd_entries_of_a_zip_are_refused(tmp_path, write, odd: str) -> None:
    folder = write(arrays(), "directory", compressor=None)
    path, key = tmp_path / "odd.zip", "data/state/0.0"
    with zipfile.ZipFile(path, "w") as file:
        for entry in sorted(folder.rglob("*")):
            info = zipfile.ZipInfo(str(entry.relative_to(folder)))
            if entry.is_file() and info.filename != key:
                file.writestr(info, entry.read_bytes())
        data, info = (folder / key).read_bytes(), zipfile.ZipInfo(key)
        if odd == "link":
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
        if odd == "bz2":
            info.compress_type = zipfile.ZIP_BZIP2
        file.writestr(info, data * (1000 if odd == "large" else 1))
    content = bytearray(path.read_bytes())
    if odd == "bit":
        content[content.index(data) + 5] ^= 1
    if odd == "method":
        content[content.rindex(b"PK\1\2") + 10] = 8
    path.write_bytes(content)
    with pytest.raises(BadInput, match=re.escape(f"{path}/{key}: ")) as error:
        read_diffusion_policy_zarr(path)
    assert "\n" not in str(error.value)


def test_numbers_that_do_not_fit_are_refused(write) -> None:
    contents = arrays()
    contents["data/state"] = np.full((8, 5), 1e300)
    with pytest.raises(BadInput, match="obs/state: expected finite"):
        read_diffusion_policy_zarr(write(contents, "zip"))
    contents = {**arrays(), "meta/episode_ends": np.array([3.0, 8.9])}
    with pytest.raises(BadInput, match="expected numbers of kind iu, got '<f8'"):
        read_diffusion_policy_zarr(write(contents, "directory"))


def test_other_files_are_refused(tmp_path) -> None:
    (tmp_path / "text").write_text("no zip")
    (tmp_path / "empty").mkdir()
    for name, text in {
        "absent": "found nothing",
        "text": "got another file",
        "empty": "expected a zarr v2 group",
    }.items():
        with pytest.raises(BadInput, match=text):
            read_diffusion_policy_zarr(tmp_path / name)


def test_missing_numcodecs_is_said_in_one_line(monkeypatch, write) -> None:
    path = write(arrays(), "directory")
    monkeypatch.setitem(__import__("sys").modules, "numcodecs", None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-envs\[zarr\]'") as error:
        read_diffusion_policy_zarr(path)
    assert str(error.value).startswith(str(path))


@pytest.mark.skipif(not REAL.exists(), reason=f"needs {REAL.name} beside the project")
def test_reads_the_human_demonstrations() -> None:
    pytest.importorskip("numcodecs", reason="needs onehop-envs[zarr]")
    demos = read_diffusion_policy_zarr(REAL)
    # What zarr 2.18 read of it.
    assert demos.sha256.startswith("a618d39484caac4da1a44d04e2720a728a3bd01f5a0d287f")
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

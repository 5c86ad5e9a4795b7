"""LeRobotDataset v2.1 and v3.0, laid out here as LeRobot 0.3.3 and 0.4.4 lay them out.

Neither installs beside the versions that this project is tested with; what they wrote
themselves was read alike when this was made.
"""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from onehop_envs import Demonstrations, LeRobotEpisodes, in_memory, write_episodes
from onehop_interfaces import BadInput

av = pytest.importorskip("av", reason="writes what is read")
pa = pytest.importorskip("pyarrow", reason="writes what is read")
pq = pytest.importorskip("pyarrow.parquet", reason="writes what is read")

LENGTHS, FPS = [5, 9, 7], 10
STARTS = np.cumsum(LENGTHS) - LENGTHS
N = sum(LENGTHS)
rng = np.random.default_rng(0)
STATE = rng.normal(size=(N, 3)).astype(np.float32)
GRID = rng.normal(size=(N, 2, 2))
GOAL = rng.normal(size=N).astype(np.float32)
ACTION = rng.normal(size=(N, 2)).astype(np.float32)
IMAGE = rng.integers(0, 256, (N, 16, 24, 3), np.uint8)
GREY = 10 + 11 * np.arange(N)
"""Of the frames of the video: each has its own."""
DONE = np.isin(np.arange(N), np.cumsum(LENGTHS)[:2] - 1)
TOP = "observation.images.top"


def info(version: str) -> dict:
    three, shared = version == "v3.0", "chunk-{chunk_index:03d}/file-{file_index:03d}"
    one = "episode_{episode_index:06d}"
    of = {
        "observation.state": ("float32", [3]),
        "observation.grid": ("float64", [2, 2]),
        "observation.environment_state": ("float32", [1]),
        "observation.image": ("image", [16, 24, 3]),
        TOP: ("video", [3, 32, 48] if three else [32, 48, 3]),
        "action": ("float32", [2]),
        "next.reward": ("float32", [1]),
        "next.done": ("bool", [1]),
        "task_index": ("int64", [1]),
        "subtask": ("string", [1]),
    }
    return {
        "codebase_version": version,
        "fps": FPS,
        "total_episodes": len(LENGTHS),
        "chunks_size": 2,
        "data_path": f"data/{shared}.parquet"
        if three
        else f"data/chunk-{{episode_chunk:03d}}/{one}.parquet",
        "video_path": f"videos/{{video_key}}/{shared}.mp4"
        if three
        else f"videos/chunk-{{episode_chunk:03d}}/{{video_key}}/{one}.mp4",
        "features": {k: {"dtype": d, "shape": s} for k, (d, s) in of.items()},
    }


def table(rows: slice) -> "pa.Table":
    def listed(array, kind):
        return pa.array(array[rows].tolist(), kind)

    bits = [io.BytesIO() for _ in IMAGE[rows]]
    for stream, image in zip(bits, IMAGE[rows], strict=True):
        Image.fromarray(image).save(stream, "PNG")
    episode = np.repeat(np.arange(3), LENGTHS)
    frame = np.arange(N) - np.repeat(STARTS, LENGTHS)
    return pa.table(
        {
            "observation.state": listed(STATE, pa.list_(pa.float32(), 3)),
            "observation.grid": listed(GRID, pa.list_(pa.list_(pa.float64()))),
            "observation.environment_state": GOAL[rows],
            "observation.image": pa.array(
                [{"bytes": s.getvalue(), "path": "a.png"} for s in bits]
            ),
            "action": listed(ACTION, pa.list_(pa.float32())),
            "next.reward": GOAL[rows],
            "next.done": DONE[rows],
            "subtask": pa.array(["push"] * len(GOAL[rows])),
            "timestamp": (frame / FPS).astype(np.float32)[rows],
            "frame_index": frame[rows],
            "episode_index": episode[rows],
        }
    )


def video(path: Path, rows: slice, codec: str = "libx264", group: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, FPS, options={"g": str(group)})
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for grey in GREY[rows]:
            frame = np.full((32, 48, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode())


def write_v2(folder: Path, **of_video) -> None:
    lines = []
    for i, (start, length) in enumerate(zip(STARTS, LENGTHS, strict=True)):
        rows, chunk = slice(start, start + length), f"chunk-{i // 2:03d}"
        file = folder / "data" / chunk / f"episode_{i:06d}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table(rows), file)
        video(folder / f"videos/{chunk}/{TOP}/episode_{i:06d}.mp4", rows, **of_video)
        lines.append(json.dumps({"episode_index": i, "tasks": [], "length": length}))
    (folder / "meta/episodes.jsonl").write_text("\n".join(lines) + "\n")


def write_v3(folder: Path, **of_video) -> None:
    """Two episodes in the first file of data, and in the second video; a table each."""
    places = {"data": [0, 0, 1], f"videos/{TOP}": [0, 1, 1]}
    for i, rows in enumerate([slice(0, 14), slice(14, N)]):
        file = folder / f"data/chunk-000/file-{i:03d}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table(rows), file, row_group_size=4)
    for i, rows in enumerate([slice(0, 5), slice(5, N)]):
        video(folder / f"videos/{TOP}/chunk-000/file-{i:03d}.mp4", rows, **of_video)
    columns = {
        "episode_index": [0, 1, 2],
        "length": LENGTHS,
        "tasks": [["push"]] * 3,
        "dataset_from_index": STARTS,
        **{f"{k}/chunk_index": [0, 0, 0] for k in places},
        **{f"{k}/file_index": files for k, files in places.items()},
        f"videos/{TOP}/from_timestamp": [0.0, 0.0, 9 / FPS],
    }
    for i, rows in enumerate([slice(0, 2), slice(2, 3)]):
        file = folder / f"meta/episodes/chunk-000/file-{i:03d}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({k: v[rows] for k, v in columns.items()}), file)


WRITE = {"v2.0": write_v2, "v2.1": write_v2, "v3.0": write_v3}


@pytest.fixture(params=WRITE)
def folder(request, tmp_path) -> Path:
    """A data set of each version."""
    return written(tmp_path / "set", request.param)


def written(folder: Path, version: str, **of_video) -> Path:
    (folder / "meta").mkdir(parents=True)
    (folder / "meta/info.json").write_text(json.dumps(info(version)))
    WRITE[version](folder, **of_video)
    return folder


def change(folder: Path, **settings) -> None:
    path = folder / "meta/info.json"
    said = json.loads(path.read_text())
    features = {**said["features"], **settings.pop("features", {})}
    path.write_text(json.dumps({**said, "features": features, **settings}))


def check(found: Demonstrations) -> None:
    assert found.episode_lengths.tolist() == LENGTHS
    for name, expected in {
        "observation.state": STATE,
        "observation.grid": GRID.astype(np.float32),
        "observation.environment_state": GOAL[:, None],
        "observation.image": IMAGE,
    }.items():
        np.testing.assert_array_equal(found.obs[name], expected, strict=True)
    np.testing.assert_array_equal(found.actions, ACTION, strict=True)
    np.testing.assert_array_equal(found.rewards.each, GOAL, strict=True)
    assert found.rewards.terminals.tolist() == [True, True, False]
    top = found.obs[TOP]
    assert (top.shape, top.dtype) == ((N, 32, 48, 3), np.uint8)
    np.testing.assert_allclose(top.mean((1, 2, 3)), GREY, atol=5)


def test_every_version_is_read(folder, tmp_path) -> None:
    write_episodes(LeRobotEpisodes(folder), tmp_path / "file")
    found = Demonstrations.load(tmp_path / "file")
    check(found)
    version = json.loads((folder / "meta/info.json").read_text())["codebase_version"]
    assert found.meta == {
        "source": "LeRobot data set set",
        "format": f"LeRobotDataset {version}",
        "fps": FPS,
    }


@pytest.mark.parametrize(
    "of", [{"codec": "libsvtav1"}, {"codec": "mpeg4"}, {"group": 30}]
)
@pytest.mark.parametrize("version", WRITE)
def test_every_codec_gives_the_right_frames(tmp_path, version: str, of) -> None:
    try:
        av.Codec(of.get("codec", "libx264"), "w")
    except av.error.FFmpegError:
        pytest.skip("PyAV was built without it")
    check(in_memory(LeRobotEpisodes(written(tmp_path / "set", version, **of))))


def test_rewards_need_not_be_there(folder) -> None:
    path = folder / "meta/info.json"
    said = json.loads(path.read_text())
    del said["features"]["next.done"]
    path.write_text(json.dumps(said))
    assert in_memory(LeRobotEpisodes(folder)).rewards is None


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"codebase_version": "v1.6"}, "expected one of v2.0, v2.1, v3.0, got 'v1.6'"),
        ({"fps": 0}, "fps: expected more than 0"),
        (
            {"total_episodes": 4},
            "expected all of total_episodes in order, 0 to 3, got 3",
        ),
        (
            {"data_path": "data/../../x"},
            "in the folder, got 'data/../../x'",
        ),
        (
            {"data_path": "/etc/passwd"},
            "expected files in the folder, got '/etc/passwd'",
        ),
        ({"data_path": "{fps.__class__}"}, "expected a pattern of"),
        ({"data_path": "data/{index:9999d}"}, "expected a pattern of"),
        ({"video_path": None}, "video_path: expected a pattern of files, got None"),
        ({"video_path": "videos/no.mp4"}, "videos/no.mp4: expected a file, found none"),
        (
            {"features": {"action": {"dtype": "float32"}}},
            "action: expected a dtype and a",
        ),
        (
            {"features": {"action": {"dtype": "float32", "shape": [3]}}},
            r"action: expected shape \(3,\), got \(2,\)",
        ),
        (
            {"features": {"observation.said": {"dtype": "string", "shape": [1]}}},
            "observation.said: expected numbers, image or video, got 'string'",
        ),
        (
            {"features": {TOP: {"dtype": "video", "shape": [32, 40, 3]}}},
            r"mp4: expected frames \(32, 40\), got \(32, 48\)",
        ),
        (
            {
                "features": {
                    "observation.image": {"dtype": "image", "shape": [9, 24, 3]}
                }
            },
            r"image row 0: expected a picture \('RGB', \(9, 24\)\), got",
        ),
        (
            {"features": {TOP: {"dtype": "video", "shape": [32, 48, 1]}}},
            "top: expected coloured pictures",
        ),
        (
            {"features": {"observation.more": {"dtype": "float32", "shape": [1]}}},
            "expected a column 'observation.more', found",
        ),
    ],
)
def test_what_is_not_as_expected_is_refused(folder, settings, text: str) -> None:
    change(folder, **settings)
    with pytest.raises(BadInput, match=f"^{re.escape(str(folder))}.*{text}") as error:
        in_memory(LeRobotEpisodes(folder))
    assert "\n" not in str(error.value)


def test_videos_that_are_links_are_followed(folder, tmp_path) -> None:
    """So are those of a download: its files are links to a store."""
    for i, file in enumerate(folder.glob("videos/**/*.mp4")):
        file.rename(tmp_path / f"blob{i}")
        file.symlink_to(tmp_path / f"blob{i}")
    check(in_memory(LeRobotEpisodes(folder)))

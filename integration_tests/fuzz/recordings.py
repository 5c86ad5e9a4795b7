"""Data of other projects, one small sample of each format, and how it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from onehop_envs import Demonstrations, episodes_at, in_memory

__all__ = ["RECORDINGS", "arrays"]

LENGTHS = [4, 6]
STARTS = np.cumsum(LENGTHS) - LENGTHS
N = sum(LENGTHS)


def arrays(demos: Demonstrations) -> Any:
    """All there are."""
    paid = {} if demos.rewards is None else vars(demos.rewards)
    held = {"obs": demos.obs, "actions": demos.actions, "ends": demos.episode_ends}
    return {**held, **paid}


def make_robomimic(folder: Path) -> None:
    """Two demonstrations with pictures."""
    import h5py

    draw = np.random.default_rng(0)
    with h5py.File(folder / "set.hdf5", "w") as file:
        for i, n in enumerate(LENGTHS):
            group = file.create_group(f"data/demo_{i}")
            group["obs/wrist_image"] = draw.integers(0, 256, (n, 4, 4, 3), np.uint8)
            group["obs/eef_pos"], group["actions"] = draw.normal(size=(2, n, 3))
            group["rewards"], group["dones"] = draw.normal(size=n), np.eye(n)[-1]


def read_robomimic(folder: Path) -> Any:
    """Both."""
    return _read(folder / "set.hdf5")


def make_minari(folder: Path) -> None:
    """Two episodes."""
    import h5py

    draw = np.random.default_rng(0)
    (folder / "data").mkdir()
    with h5py.File(folder / "data" / "main_data.hdf5", "w") as file:
        for i, n in enumerate(LENGTHS):
            group = file.create_group(f"episode_{i}")
            group["observations"] = draw.normal(size=(n + 1, 3))
            group["actions"], group["rewards"] = draw.normal(size=(n, 2)), np.ones(n)
            group["terminations"] = group["truncations"] = np.arange(n) == n - 1


def read_folder(folder: Path) -> Any:
    """All that is in it."""
    return _read(folder)


def make_replay(folder: Path) -> None:
    """A replay buffer with pictures, in several chunks."""
    import zarr

    draw = np.random.default_rng(0)
    root = zarr.open_group(zarr.DirectoryStore(str(folder / "replay.zarr")), mode="w")
    pictures = draw.integers(0, 256, (N, 4, 4, 3), np.uint8)
    root.create_dataset("data/camera_0", data=pictures, chunks=(3, 4, 4, 3))
    for name in ("pose", "action"):
        root.create_dataset(
            f"data/{name}", data=draw.normal(size=(N, 2)), chunks=(4, 2)
        )
    root.create_dataset("meta/episode_ends", data=np.cumsum(LENGTHS))


def read_replay(folder: Path) -> Any:
    """All of it."""
    return _read(folder / "replay.zarr")


def make_lerobot(folder: Path) -> None:
    """A LeRobotDataset v3.0: two episodes in one file, and in one video."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw, frame = np.random.default_rng(0), np.arange(N) - np.repeat(STARTS, LENGTHS)
    for name in ("data", "meta/episodes/chunk-000", "videos"):
        (folder / name).mkdir(parents=True)
    shapes = {"observation.state": [2], "observation.image": [16, 16, 3], "action": [2]}
    kinds = {name: "video" if "image" in name else "float32" for name in shapes}
    info = {
        "codebase_version": "v3.0",
        "fps": 10,
        "total_episodes": len(LENGTHS),
        "data_path": "data/{chunk_index}-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}.mp4",
        "features": {k: {"dtype": kinds[k], "shape": s} for k, s in shapes.items()},
    }
    (folder / "meta/info.json").write_text(json.dumps(info))
    columns = {
        "observation.state": draw.normal(size=(N, 2)).tolist(),
        "action": draw.normal(size=(N, 2)).tolist(),
        "timestamp": frame / 10,
        "frame_index": frame,
        "episode_index": np.repeat(range(len(LENGTHS)), LENGTHS),
    }
    pq.write_table(pa.table(columns), folder / "data/0-000.parquet", row_group_size=4)
    places = {f"{of}_index": [0, 0] for of in ("data/chunk", "data/file")}
    video = "videos/observation.image"
    index = {
        "episode_index": range(len(LENGTHS)),
        "length": LENGTHS,
        "dataset_from_index": STARTS,
        **places,
        **{f"{video}/{of}_index": [0, 0] for of in ("chunk", "file")},
        f"{video}/from_timestamp": STARTS / 10,
    }
    pq.write_table(pa.table(index), folder / "meta/episodes/chunk-000/file-000.parquet")
    _make_video(folder / "videos/observation.image.mp4")


def _make_video(path: Path) -> None:
    """A frame for every step."""
    import av

    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", 10, options={"g": "2"})
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        for grey in range(0, 10 * N, 10):
            frame = np.full((16, 16, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode())


def _read(path: Path) -> Any:
    return arrays(in_memory(episodes_at(path)))


RECORDINGS = {
    "lerobot": (make_lerobot, read_folder),
    "minari": (make_minari, read_folder),
    "replay": (make_replay, read_replay),
    "robomimic": (make_robomimic, read_robomimic),
}
"""Name -> how a sample is made in a folder, and read."""

"""Where the episodes of a LeRobotDataset are.

v2 has a file for each episode, and for each of its videos:

    meta/episodes.jsonl   a line {"episode_index", "length", ...} for each episode

v3 has several in a file, one after another:

    meta/episodes/chunk-000/file-000.parquet, ...   a row for each episode:
        episode_index, length
        dataset_from_index                      its first row in all files of data
        data/chunk_index, data/file_index       the file of these
        videos/<name>/chunk_index, .../file_index, .../from_timestamp [s]

References:
    | LeRobot: LeRobotDataset | https://huggingface.co/docs/lerobot/lerobot-dataset-v3
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, parse_json, read_file, whole

from ._episodes import lengths_of
from ._lerobot_info import MOST, Info
from ._parquet import numbers_of, read_rows

__all__ = ["Index", "Rows", "Video", "index_of"]

LINES = Path("meta") / "episodes.jsonl"
TABLES = Path("meta") / "episodes"
LINES_BYTES = 2**27


class Rows(NamedTuple):
    """A parquet file, and the first row in it that is meant."""

    path: Path
    start: int


class Video(NamedTuple):
    """A video, and the moment [s] in it that is the beginning."""

    path: Path
    start: float


class Index(Protocol):
    """Where episodes are."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each episode, (E,)."""

    def rows(self, i: int) -> Rows:
        """Where episode i begins."""

    def video(self, i: int, name: str) -> Video:
        """Where its video of that name begins."""


def index_of(info: Info) -> Index:
    """The index of a data set.

    Raises:
        BadInput: naming the file, if it is not one of all episodes in order.
    """
    if info.version.startswith("v2"):
        return _Files(info, _lengths(info))
    return _Shared(info, _columns(info))


class _Files:
    """A file for each episode."""

    def __init__(self, info: Info, lengths: NDArray[np.int64]) -> None:
        self.info = info
        self.lengths = lengths

    def rows(self, i: int) -> Rows:
        return Rows(self.info.file("data", self._fields(i)), 0)

    def video(self, i: int, name: str) -> Video:
        fields = {**self._fields(i), "video_key": name}
        return Video(self.info.file("video", fields), 0.0)

    def _fields(self, i: int) -> dict[str, int | str]:
        return {"episode_chunk": i // self.info.chunk, "episode_index": i}


class _Shared:
    """Several episodes in a file."""

    def __init__(self, info: Info, columns: dict[str, NDArray[Any]]) -> None:
        self.info = info
        self.columns = columns
        self.lengths: NDArray[np.int64] = columns["length"]

    def rows(self, i: int) -> Rows:
        fields = self._fields(i, "data")
        same = [self.columns[f"data/{name}"] == fields[name] for name in fields]
        begins = self.columns["dataset_from_index"]
        first = begins[np.logical_and.reduce(same)].min()
        return Rows(self.info.file("data", fields), int(begins[i] - first))

    def video(self, i: int, name: str) -> Video:
        fields = {**self._fields(i, f"videos/{name}"), "video_key": name}
        start = self.columns[f"videos/{name}/from_timestamp"][i]
        return Video(self.info.file("video", fields), float(start))

    def _fields(self, i: int, of: str) -> dict[str, int | str]:
        names = "chunk_index", "file_index"
        return {name: int(self.columns[f"{of}/{name}"][i]) for name in names}


def _lengths(info: Info) -> NDArray[np.int64]:
    path = info.folder / LINES
    lines = read_file(path, LINES_BYTES).splitlines()
    said = [parse_json(line, f"{path} line {i + 1}") for i, line in enumerate(lines)]
    _check_order([of.get("episode_index") for of in said], info, path)
    steps = [whole(of.get("length"), f"{path} length", 1, MOST) for of in said]
    return lengths_of(steps, path)


def _columns(info: Info) -> dict[str, NDArray[Any]]:
    """The columns that say where episodes are, of all tables."""
    folder = info.folder / TABLES
    wanted = ["chunk_index", "file_index"]
    names = ["episode_index", "length", "dataset_from_index"]
    names += [f"data/{name}" for name in wanted]
    for video in info.of_kind("video"):
        names += [f"videos/{video}/{n}" for n in (*wanted, "from_timestamp")]
    tables = [read_rows(path, names) for path in sorted(folder.glob("*/*.parquet"))]
    if not tables:
        raise BadInput(f"{folder}: expected chunk-000/file-000.parquet, ..., got none")
    columns = {
        name: np.concatenate(
            [
                numbers_of(table[name], (1,), f"{folder} {name}")[:, 0]
                for table in tables
            ]
        )
        for name in names
    }
    for name, column in columns.items():
        if (column < 0).any() or not np.isfinite(column).all():
            raise BadInput(f"{folder} {name}: expected numbers >= 0, got others")
    order = np.argsort(columns["episode_index"], kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    _check_order(columns["episode_index"].tolist(), info, folder)
    return {**columns, "length": lengths_of(columns["length"].tolist(), folder)}


def _check_order(numbers: Sequence[Any], info: Info, path: Path) -> None:
    if numbers != list(range(info.episodes)):
        raise BadInput(
            f"{path}: expected all of total_episodes in order, 0 to "
            f"{info.episodes - 1}, got {len(numbers)}: {numbers[:5]}..."
        )

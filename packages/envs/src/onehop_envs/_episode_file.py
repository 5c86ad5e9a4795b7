"""Episodes to a demonstration file, one after another.

While a file of this name is under way there is a folder beside it, `<name>.part`:

    rows.safetensors    the whole file, as large as it will be; rows of episodes still
                        to come hold anything
    progress.json       how many episodes are done, and whose they are

Rows are written where they belong, so no more than an episode is in memory, whatever
the source holds. A run that was interrupted, in whatever way, goes on after the last
episode noted, and ends with the same bytes as one that was not.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import (
    BadInput,
    locked,
    put_in_place,
    read_json,
    whole,
    whole_file,
    writing,
)

from ._demonstration_file import file_sha256, metadata_of
from ._demonstrations import check_ends
from ._episodes import Episodes, checked_episode, rows_of
from ._layout import DTYPES, Layout, Shaped
from ._mapped import blocks

__all__ = ["PART", "Written", "write_episodes"]

PART = ".part"
"""What the folder's name ends with."""

NOTED = 2.0
"""Seconds between notes of how far it has come."""

PER_EPISODE = ("episode_ends", "terminals")
"""Arrays with a row for an episode, not for a step."""

UNKNOWN = "0" * 64
"""In the place of the hash until there is one."""

CODES = {np.dtype(name): code for code, name in DTYPES.items()}


class Written(NamedTuple):
    """What a file came to be.

    Attributes:
        episodes: E, how many it holds.
        steps: N, of all of them.
        obs: Name -> shape of one observation.
        nbytes: Size of the file [bytes].
        sha256: Hash of its arrays, that of `Demonstrations`.
    """

    episodes: int
    steps: int
    obs: dict[str, tuple[int, ...]]
    nbytes: int
    sha256: str


def write_episodes(
    source: Episodes,
    path: str | Path,
    report: Callable[[int, int], None] = lambda done, episodes: None,
) -> Written:
    """Write the demonstration file of all episodes, in place of one that is there.

    The file is the one that `Demonstrations.save` would write of all of them at once,
    byte for byte. If this is interrupted, the same call goes on from there.

    Args:
        source: Where they come from.
        path: The file.
        report: Told how many episodes of how many are done: at first, and then after
            every one.

    Returns:
        What was written.

    Raises:
        BadInput: naming what is wrong: an episode that is not like the first, a folder
            that belongs to another source, a file that cannot be written.
    """
    path = Path(path)
    if path.is_dir():
        raise BadInput(f"{path}: expected a file to write, got a folder")
    check_ends(np.cumsum(source.lengths))
    job = _Job.of(source, path.with_name(path.name + PART))
    with writing(path), locked(job.folder):
        done = job.begin()
        with job.rows.open("r+b") as stream:
            job.fill(stream, done, report)
            sha256 = job.finish(stream)
        put_in_place(job.rows, path)
        shutil.rmtree(job.folder)
    obs = {
        name.removeprefix("obs/"): array.shape[1:]
        for name, array in job.arrays.items()
        if name.startswith("obs/")
    }
    steps = int(np.sum(source.lengths))
    return Written(len(source.lengths), steps, obs, job.layout.size, sha256)


@dataclass(frozen=True)
class _Job:
    """A file that is under way.

    Attributes:
        source: Whose episodes it is to hold.
        folder: Where it lies.
        arrays: What it is to hold, by name.
        like: What rows of every episode are.
        first: The hash of the first one.
    """

    source: Episodes
    folder: Path
    arrays: Mapping[str, Shaped]
    like: str
    first: str

    @classmethod
    def of(cls, source: Episodes, folder: Path) -> _Job:
        """All that is to be known of it, by the first episode."""
        first = checked_episode(source, 0)
        episodes, steps = len(source.lengths), int(np.sum(source.lengths))
        arrays = {
            name: Shaped(
                CODES[array.dtype],
                (episodes if name in PER_EPISODE else steps, *array.shape[1:]),
            )
            for name, array in first.arrays.items()
        }
        return cls(source, folder, arrays, rows_of(first), first.sha256)

    @cached_property
    def layout(self) -> Layout:
        """The whole file, the hash left open."""
        return Layout.of(self.arrays, metadata_of(self.source.meta, UNKNOWN))

    @property
    def rows(self) -> Path:
        return self.folder / "rows.safetensors"

    @property
    def progress(self) -> Path:
        return self.folder / "progress.json"

    @cached_property
    def whose(self) -> str:
        """What no other source has: its arrays, lengths, `meta` and first episode."""
        lengths = np.asarray(self.source.lengths, np.int64)
        parts = self.layout.head, lengths.tobytes(), self.first.encode()
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def begin(self) -> int:
        """Make the folder's files, or go on: how many episodes are done."""
        if self.progress.exists():
            noted = read_json(self.progress)
            if noted.get("source") != self.whose:
                raise BadInput(
                    f"{self.folder}: expected episodes of this source, found some of "
                    "another; remove the folder or choose another file"
                )
            if self.rows.exists() and self.rows.stat().st_size == self.layout.size:
                most = len(self.source.lengths)
                return whole(noted.get("done"), f"{self.progress} done", 0, most)
        with _allocated(self.rows, self.layout.size) as stream:
            stream.write(self.layout.head)
            self._put(stream, "episode_ends", 0, np.cumsum(self.source.lengths))
        self._note(0)
        return 0

    def fill(
        self, stream: BinaryIO, done: int, report: Callable[[int, int], None]
    ) -> None:
        """Write the rows of all episodes from the one of number `done` on."""
        episodes = len(self.source.lengths)
        starts = np.cumsum(self.source.lengths) - self.source.lengths
        noted = time.monotonic()
        try:
            report(done, episodes)
            for i in range(done, episodes):
                self._episode(stream, i, int(starts[i]))
                done = i + 1
                if time.monotonic() - noted > NOTED:
                    self._kept(stream, done)
                    noted = time.monotonic()
                report(done, episodes)
        finally:
            self._kept(stream, done)

    def finish(self, stream: BinaryIO) -> str:
        """Put the hash into the header, once all rows are there."""
        sha256 = file_sha256(stream, self.layout.places)
        stream.seek(0)
        metadata = metadata_of(self.source.meta, sha256)
        stream.write(Layout.of(self.arrays, metadata).head)
        return sha256

    def _episode(self, stream: BinaryIO, i: int, start: int) -> None:
        episode = checked_episode(self.source, i, self.like)
        for name, array in episode.arrays.items():
            if name != "episode_ends":
                self._put(stream, name, i if name in PER_EPISODE else start, array)

    def _put(self, stream: BinaryIO, name: str, row: int, array: NDArray[Any]) -> None:
        """Write rows of an array from one of them on."""
        place = self.layout.places[name]
        stream.seek(place.start + row * place.row_bytes)
        for _, rows in blocks(array):
            stream.write(np.ascontiguousarray(rows).data)

    def _kept(self, stream: BinaryIO, done: int) -> None:
        """Note how many episodes are done, once they are on the disk."""
        stream.flush()
        os.fsync(stream.fileno())
        self._note(done)

    def _note(self, done: int) -> None:
        with whole_file(self.progress) as temporary:
            temporary.write_text(json.dumps({"source": self.whose, "done": done}))


@contextmanager
def _allocated(path: Path, size: int) -> Iterator[BinaryIO]:
    """A new file of so many bytes; a disk without room for it says so now."""
    with path.open("wb") as stream:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(stream.fileno(), 0, size)
            else:
                stream.truncate(size)
        except OSError:
            path.unlink()
            raise
        yield stream

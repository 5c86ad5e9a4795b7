"""LeRobot's data sets: LeRobotDataset v2 and v3, parquet and MP4.

    meta/info.json     what there is (`_lerobot_info`)
    meta/episodes...   where each episode is (`_lerobot_index`)
    data/...           a row for each step: episode_index, frame_index, timestamp [s],
                       action, and what was observed in numbers or as pictures
    videos/...         other pictures; the frame of a step begins at its timestamp,
                       counted from where its episode begins in the video

Observations keep the names of LeRobot, such as ``observation.state``: its policies ask
for them by these.

References:
    | LeRobot: LeRobotDataset | https://huggingface.co/docs/lerobot/lerobot-dataset-v3
    | LeRobot | https://github.com/huggingface/lerobot
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, naming

from ._demonstrations import Array, Demonstrations, Json, as_float32
from ._lerobot_index import Rows, index_of
from ._lerobot_info import ACTION, DONE, REWARD, Info
from ._parquet import numbers_of, pictures_of, read_rows
from ._rewards import Rewards
from ._video import frames_at

__all__ = ["LeRobotEpisodes"]

NUMBERED = ("episode_index", "frame_index", "timestamp")
"""Columns that every file has."""

WITHIN = 0.25
"""How far, in frames, a frame may begin from the moment of its step."""


class LeRobotEpisodes:
    """The episodes of a LeRobotDataset. Needs ``onehop-envs[lerobot]``.

    Args:
        folder: Of the data set.

    Attributes:
        lengths: Steps of each episode, (E,).
        meta: Where they come from.

    Raises:
        BadInput: naming the file, what was expected and what came.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.info = Info.read(self.folder)
        self.index = index_of(self.info)
        self.lengths: NDArray[np.int64] = self.index.lengths
        self.meta: dict[str, Json] = {
            "source": f"LeRobot data set {self.folder.absolute().name}",
            "format": f"LeRobotDataset {self.info.version}",
            "fps": self.info.fps,
        }

    def episode(self, i: int) -> Demonstrations:
        """Episode i, with rewards if there are any."""
        place, steps = self.index.rows(i), int(self.lengths[i])
        columns = self._columns(place, steps)
        _check_rows(place, columns, i)
        times = self._numbers(place, columns, "timestamp", (1,))[:, 0]
        obs = {**self._inside(place, columns), **self._videos(i, times)}
        actions = self._numbers(place, columns, ACTION, self.info.action.shape)
        with naming(f"{self.folder}: episode {i}"):
            return Demonstrations(
                {name: obs[name] for name in self.info.observed},
                as_float32(actions),
                np.array([steps]),
                {},
                self._rewards(place, columns),
            )

    def _columns(self, place: Rows, steps: int) -> dict[str, Any]:
        paid = (REWARD, DONE) if self.info.paid else ()
        inside = {**self.info.of_kind("numbers"), **self.info.of_kind("image")}
        names = [*NUMBERED, ACTION, *inside, *paid]
        return read_rows(place.path, names, place.start, place.start + steps)

    def _inside(self, place: Rows, columns: dict[str, Any]) -> dict[str, Array]:
        """What was observed and stands in the table."""
        pictures = {
            name: pictures_of(columns[name], feature.size, f"{place.path} {name}")
            for name, feature in self.info.of_kind("image").items()
        }
        numbers = {
            name: as_float32(self._numbers(place, columns, name, feature.shape))
            for name, feature in self.info.of_kind("numbers").items()
        }
        return {**pictures, **numbers}

    def _videos(self, i: int, times: NDArray[Any]) -> dict[str, Array]:
        """What was observed and stands in videos."""
        found: dict[str, Array] = {}
        for name, feature in self.info.of_kind("video").items():
            video = self.index.video(i, name)
            moments = video.start + times.astype(np.float64)
            within = WITHIN / self.info.fps
            found[name] = frames_at(video.path, moments, feature.size, within)
        return found

    def _rewards(self, place: Rows, columns: dict[str, Any]) -> Rewards | None:
        if not self.info.paid:
            return None
        each, done = (
            self._numbers(place, columns, name, (1,))[:, 0] for name in (REWARD, DONE)
        )
        return Rewards(as_float32(each), done[-1:].astype(bool))

    def _numbers(
        self, place: Rows, columns: dict[str, Any], name: str, shape: tuple[int, ...]
    ) -> NDArray[Any]:
        return numbers_of(columns[name], shape, f"{place.path} {name}")


def _check_rows(place: Rows, columns: dict[str, Any], i: int) -> None:
    """Refuse rows that are not those of episode i, in order."""
    for name, wanted in (("episode_index", i), ("frame_index", None)):
        found = numbers_of(columns[name], (1,), f"{place.path} {name}")[:, 0]
        expected = np.arange(len(found)) if wanted is None else wanted
        if (found != expected).any():
            raise BadInput(
                f"{place.path} {name}: expected the rows of episode {i}, got "
                f"{found[:5].tolist()}..."
            )

"""What a LeRobotDataset says of itself: meta/info.json.

    codebase_version  "v2.0", "v2.1" or "v3.0"
    fps               frames in a second
    total_episodes    E
    chunks_size       how many episodes are in a folder (v2)
    data_path, video_path   patterns of files: data/episode_{episode_index:06d}.parquet
    features          name -> dtype ("float32", ..., "image", "video"), shape

What begins with ``observation.`` is observed, ``action`` is done; what was earned is
in ``next.reward`` and ``next.done``. Patterns are filled in with numbers and names, and
may not lead out of the folder.

References:
    | LeRobot: LeRobotDataset | https://huggingface.co/docs/lerobot/lerobot-dataset-v3
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from onehop_interfaces import BadInput, number, read_json, whole

__all__ = ["INFO_FILE", "Feature", "Info"]

INFO_FILE = Path("meta") / "info.json"
"""Where it stands, in the folder of a data set."""

VERSIONS = ("v2.0", "v2.1", "v3.0")
NUMBERS = re.compile(r"u?int\d+|float\d+|bool")
PICTURES = ("image", "video")
OBSERVATION, ACTION = "observation.", "action"
REWARD, DONE = "next.reward", "next.done"
MOST = 2**24
"""Episodes, or numbers along an axis."""
MOST_PIXELS = 2**14
FIELD = re.compile(r"\{(\w+)(?::0?(\d)d)?\}")


@dataclass(frozen=True)
class Feature:
    """What one row of a name holds.

    Attributes:
        kind: "numbers", "image" or "video".
        shape: Of a row; (H, W, 3) of pictures, however the channels lie.
    """

    kind: str
    shape: tuple[int, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of a picture."""
        height, width, _ = self.shape
        return height, width


@dataclass(frozen=True)
class Info:
    """What is known of a data set.

    Attributes:
        folder: Its folder.
        version: One of `VERSIONS`.
        fps: Frames in a second.
        episodes: E.
        chunk: Episodes in a folder.
        paths: "data" and "video" -> the pattern of files.
        observed: Name -> what is observed.
        action: What is done.
        paid: Whether it is known what was earned, and how episodes ended.
    """

    folder: Path
    version: str
    fps: float
    episodes: int
    chunk: int
    paths: Mapping[str, Any]
    observed: Mapping[str, Feature]
    action: Feature
    paid: bool

    @classmethod
    def read(cls, folder: Path) -> Info:
        """From the folder of a data set.

        Raises:
            BadInput: naming what is missing or not known.
        """
        where, said = folder / INFO_FILE, read_json(folder / INFO_FILE)
        version = said.get("codebase_version")
        if version not in VERSIONS:
            raise BadInput(
                f"{where} codebase_version: expected one of {', '.join(VERSIONS)}, "
                f"got {version!r:.60}"
            )
        features = said.get("features")
        if not isinstance(features, dict) or ACTION not in features:
            raise BadInput(f"{where} features: expected {ACTION!r} among them")
        fps = number(said.get("fps"), f"{where} fps")
        if fps <= 0:
            raise BadInput(f"{where} fps: expected more than 0, got {fps}")
        return cls(
            folder,
            version,
            fps,
            whole(said.get("total_episodes"), f"{where} total_episodes", 1, MOST),
            whole(said.get("chunks_size", 1000), f"{where} chunks_size", 1, MOST),
            {kind: said.get(f"{kind}_path") for kind in ("data", "video")},
            {
                name: _feature(features[name], f"{where} {name}")
                for name in features
                if name.startswith(OBSERVATION)
            },
            _feature(features[ACTION], f"{where} {ACTION}"),
            REWARD in features and DONE in features,
        )

    def of_kind(self, kind: str) -> dict[str, Feature]:
        """What is observed of one kind, by name."""
        return {
            n: feature for n, feature in self.observed.items() if feature.kind == kind
        }

    def file(self, kind: str, fields: Mapping[str, int | str]) -> Path:
        """A file of the data set.

        Args:
            kind: "data" or "video".
            fields: What the pattern may ask for.

        Raises:
            BadInput: if the pattern asks for more, or leads out of the folder.
        """
        pattern = self.paths[kind]
        where = f"{self.folder / INFO_FILE} {kind}_path"

        def fill(match: re.Match[str]) -> str:
            value, width = fields.get(match[1], match[0]), int(match[2] or 0)
            return str(value).zfill(width) if isinstance(value, int) else value

        if not isinstance(pattern, str):
            raise BadInput(f"{where}: expected a pattern of files, got {pattern!r:.60}")
        filled = PurePosixPath(FIELD.sub(fill, pattern))
        if re.search(r"[{}\\\0]", str(filled)):
            raise BadInput(
                f"{where}: expected a pattern of {sorted(fields)}, got {pattern!r:.200}"
            )
        if filled.is_absolute() or ".." in filled.parts:
            raise BadInput(
                f"{where}: expected files in the folder, got {str(filled)!r:.200}"
            )
        return self.folder / filled


def _feature(said: Any, where: str) -> Feature:
    dtype = said.get("dtype") if isinstance(said, dict) else None
    shape = said.get("shape") if isinstance(said, dict) else None
    if not isinstance(dtype, str) or not isinstance(shape, list) or not shape:
        raise BadInput(f"{where}: expected a dtype and a shape, got {said!r:.200}")
    sizes = tuple(whole(size, f"{where} shape", 1, MOST) for size in shape)
    if NUMBERS.fullmatch(dtype):
        return Feature("numbers", sizes)
    if dtype not in PICTURES:
        raise BadInput(f"{where}: expected numbers, image or video, got {dtype!r:.60}")
    return Feature(dtype, (*_size(said, sizes, where), 3))


def _size(
    said: Mapping[str, Any], shape: tuple[int, ...], where: str
) -> tuple[int, ...]:
    """Height and width of pictures, whether their channels come last or first."""
    about = said.get("info")
    depth = isinstance(about, dict) and about.get("video.is_depth_map")
    size = shape[:2] if shape[-1] == 3 else shape[1:]
    if depth or len(shape) != 3 or 3 not in (shape[0], shape[-1]):
        raise BadInput(f"{where}: expected coloured pictures, got {shape}")
    if max(size) > MOST_PIXELS:
        raise BadInput(f"{where}: expected at most {MOST_PIXELS} pixels, got {size}")
    return size

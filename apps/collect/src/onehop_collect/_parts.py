"""The finished episodes of a collection that is under way, a file each.

    collection.json       whose episodes these are
    000012.safetensors    episode 12

Every file is there whole or not at all, so a collection can stop at any moment.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onehop_envs import Demonstrations, Json
from onehop_interfaces import BadInput, whole_file

__all__ = ["Chosen", "Kept", "Parts"]


class Kept(NamedTuple):
    """What there is to know of a finished episode.

    Attributes:
        solved: Whether it is.
        steps: How many it has.
    """

    solved: bool
    steps: int


@dataclass(frozen=True)
class Parts:
    """A folder of finished episodes."""

    folder: Path

    def claim(self, provenance: Mapping[str, Json]) -> None:
        """Make the folder, or make sure that it belongs to the same collection.

        Raises:
            BadInput: if it belongs to another one.
        """
        label = self.folder / "collection.json"
        text = json.dumps(provenance, indent=1, sort_keys=True)
        if label.exists():
            if label.read_text("utf-8") != text:
                raise BadInput(
                    f"{self.folder}: expected episodes of this collection, found some "
                    "of other settings or versions; remove the folder or choose "
                    "another --out"
                )
            return
        with whole_file(label) as temporary:
            temporary.write_text(text, "utf-8")

    def save(self, i: int, episode: Demonstrations) -> None:
        """Keep episode i."""
        episode.save(self._path(i))

    def load(self, i: int) -> Demonstrations:
        """Episode i."""
        return Demonstrations.load(self._path(i))

    def kept(self) -> dict[int, Kept]:
        """What is known of all episodes that are there, by number."""
        files = self.folder.glob("[0-9]*.safetensors")
        return {i: self._kept(i) for i in sorted(int(path.stem) for path in files)}

    def remove(self) -> None:
        """Remove the folder with all it holds."""
        shutil.rmtree(self.folder)

    def _kept(self, i: int) -> Kept:
        episode = self.load(i)
        return Kept(bool(episode.meta["solved"]), len(episode.actions))

    def _path(self, i: int) -> Path:
        return self.folder / f"{i:06d}.safetensors"


@dataclass(frozen=True)
class Chosen:
    """Some of a folder's episodes, `onehop_envs.Episodes`.

    Attributes:
        parts: The folder.
        numbers: Those chosen, in order.
        lengths: Steps of each.
        meta: Of them all.
    """

    parts: Parts
    numbers: Sequence[int]
    lengths: NDArray[np.int64]
    meta: Mapping[str, Json]

    def episode(self, i: int) -> Demonstrations:
        """The i-th of those chosen."""
        return self.parts.load(self.numbers[i])

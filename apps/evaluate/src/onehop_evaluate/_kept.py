"""Episodes that are already done.

A folder per policy, named by what its episodes depend on, and in it a file per start:
an interrupted evaluation goes on where it stopped, one from more starts runs those that
are new, a changed one starts afresh. Several processes may add to a folder. Files are
safetensors, sealed (`onehop_interfaces.seal`): one that is not as it was written is
refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from onehop_interfaces import (
    SEAL,
    UNSEALED,
    BadInput,
    check_seal,
    file_size,
    reading,
    seal,
    settings,
    whole_file,
)
from onehop_tasks import Start

from ._episode import Record

__all__ = ["Kept"]


class Kept:
    """The episodes of a policy.

    Args:
        folder: Of all policies; made if need be.
        key: JSON values that say all that episodes depend on beside their start.
    """

    def __init__(self, folder: Path, key: Mapping[str, Any]) -> None:
        self.folder = folder / _digest(key)

    def path(self, start: Start) -> Path:
        """Where the episode of a start is kept."""
        other = "" if start.options is None else f"-{_digest(start.options)}"
        return self.folder / f"{start.seed}{other}.safetensors"

    def missing(self, starts: Sequence[Start]) -> list[Start]:
        """The starts whose episodes are not there."""
        return [start for start in starts if not self.path(start).exists()]

    def save(self, start: Start, record: Record) -> None:
        """Keep an episode."""
        arrays = {name: np.asarray(value) for name, value in vars(record).items()}
        with whole_file(self.path(start)) as temporary:
            save_file(arrays, temporary, {SEAL: UNSEALED})
            seal(temporary)

    def load(self, start: Start) -> Record:
        """The episode of a start.

        Raises:
            BadInput: naming the file, if it cannot be read.
        """
        path = self.path(start)
        try:
            file_size(path)
            with reading(path, "an episode kept by an earlier run"):
                arrays = load_file(path)
            check_seal(path)
            named = settings(arrays, f"{path}: arrays", tuple(Record.__annotations__))
            _check(path, named)
        except BadInput as error:
            raise BadInput(f"{error}; remove the file to run it again") from None
        single = {name: named[name].item() for name in ("decisions", "success", "mode")}
        return Record(**{**named, **single})


def _digest(key: Mapping[str, Any]) -> str:
    text = json.dumps(key, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check(path: Path, named: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays that no episode leaves."""
    steps = named["metric"].size
    places = steps + 1 if named["agent"].size else 0
    expected: dict[str, tuple[type, tuple[int, ...]]] = {
        "metric": (np.float64, (steps,)),
        "agent": (np.float32, (places, 2)),
        "decisions": (np.int64, ()),
        "success": (np.bool_, ()),
        "mode": (np.int64, ()),
    }
    for name, (dtype, shape) in expected.items():
        came = named[name]
        if came.dtype != np.dtype(dtype) or came.shape != shape or not steps:
            raise BadInput(
                f"{path}: array {name!r}: expected {np.dtype(dtype)} of shape {shape}, "
                f"got {came.dtype} of shape {came.shape}"
            )
    if not all(np.isfinite(named[name]).all() for name in ("metric", "agent")):
        raise BadInput(f"{path}: expected finite values")
    if named["decisions"] < 1 or named["mode"] < -1:
        raise BadInput(f"{path}: expected a decision or more, and a mode from -1 on")

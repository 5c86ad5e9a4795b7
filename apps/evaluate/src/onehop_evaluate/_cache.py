"""Rollouts that are already done.

A file per policy in the output folder, named by what the episodes depend on, so that
an interrupted evaluation goes on where it stopped and a changed one starts afresh.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from onehop_interfaces import BadInput, whole_file

from ._rollout import Rollouts

__all__ = ["cached"]


def cached(
    folder: Path, key: Mapping[str, Any], run: Callable[[], Rollouts]
) -> Rollouts:
    """The rollouts of `key` from the folder, or else run and kept there.

    Args:
        folder: Made if need be.
        key: JSON values that say all the episodes depend on.
        run: Makes them.

    Raises:
        BadInput: naming the file, if it is there and cannot be read.
    """
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    path = folder / f"{digest[:16]}.npz"
    if path.exists():
        return _read(path)
    rollouts = run()
    with whole_file(path) as temporary:
        np.savez_compressed(temporary, **vars(rollouts))
    return rollouts


def _read(path: Path) -> Rollouts:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            named = dict(arrays)
            return Rollouts(**{**named, "threshold": float(named["threshold"])})
    except (BadZipFile, KeyError, OSError, TypeError, ValueError) as error:
        raise BadInput(
            f"{path}: expected rollouts kept by an earlier run, got {error}; "
            "remove the file to run them again"
        ) from None

"""Rollouts that are already done.

A file per policy in the output folder, named by what the episodes depend on, so that
an interrupted evaluation goes on where it stopped and a changed one starts afresh. It
is a safetensors file, sealed (`onehop_interfaces.seal`): one that is not as it was
written is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
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
    path = folder / f"{digest[:16]}.safetensors"
    if path.exists():
        return _read(path)
    rollouts = run()
    with whole_file(path) as temporary:
        arrays = {name: np.asarray(value) for name, value in vars(rollouts).items()}
        save_file(arrays, temporary, {SEAL: UNSEALED})
        seal(temporary)
    return rollouts


def _read(path: Path) -> Rollouts:
    try:
        file_size(path)
        with reading(path, "rollouts kept by an earlier run"):
            arrays = load_file(path)
        check_seal(path)
        names = ("metric", "agent", "decisions", "threshold")
        named = settings(arrays, f"{path}: arrays", names)
        _check(path, named)
    except BadInput as error:
        raise BadInput(f"{error}; remove the file to run them again") from None
    return Rollouts(**{**named, "threshold": float(named["threshold"])})


def _check(path: Path, named: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays that `rollout` does not give."""
    metric = named["metric"]
    episodes, steps = metric.shape if metric.ndim == 2 else (0, 0)
    expected: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {
        "metric": (np.dtype(np.float64), (episodes, steps)),
        "agent": (np.dtype(np.float32), (episodes, steps + 1, 2)),
        "decisions": (np.dtype(np.int64), (episodes,)),
        "threshold": (np.dtype(np.float64), ()),
    }
    for name, (dtype, shape) in expected.items():
        came = named[name]
        if came.dtype != dtype or came.shape != shape or not episodes * steps:
            raise BadInput(
                f"{path}: array {name!r}: expected {dtype} of shape {shape}, got "
                f"{came.dtype} of shape {came.shape}"
            )
    ended = np.isnan(metric)
    runs_on = (ended[:, :-1] & ~ended[:, 1:]).any() or ended[:, 0].any()
    # An agent has a position at the start, and as long as there is a metric.
    there = ~np.pad(ended, ((0, 0), (1, 0)))
    finite = np.isfinite(named["agent"][there]).all() and not np.isinf(metric).any()
    if runs_on or not finite or not np.isfinite(named["threshold"]):
        raise BadInput(f"{path}: expected finite values up to an episode's end")
    if (named["decisions"] < 1).any():
        raise BadInput(f"{path}: array 'decisions': expected at least 1 each")

"""Arrays that lie in a file: read where they are looked at, and let go of again.

A mapped array (`numpy.memmap`) takes no memory until it is read; then its pages count
as the process's own for as long as the mapping has them. `blocks` goes through an array
a few megabytes at a time, and `release` hands the pages back: what was read stays in
the system's cache, not in the process. Arrays in memory pass through both as they are.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["blocks", "gather", "mapped", "release"]

BLOCK = 2**24
"""Bytes looked at at a time, one after another,"""
GATHERED = 2**21
"""and here and there."""


def blocks(array: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The array's rows, some at a time, with the number of the first of them."""
    row = max(array[:1].nbytes, 1)
    step = max(BLOCK // row, 1)
    for start in range(0, len(array), step):
        yield start, array[start : start + step]
        release(array)


def gather(array: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """array[rows], and of a mapped array nothing that stays behind.

    Its pages are let go of every few megabytes: around each one that is read the system
    maps many more.
    """
    gathered = np.empty((*rows.shape, *array.shape[1:]), array.dtype)
    step = max(GATHERED // max(gathered[:1].nbytes, 1), 1)
    for start in range(0, len(rows), step):
        np.take(array, rows[start : start + step], 0, gathered[start : start + step])
        if gathered.nbytes >= GATHERED:
            release(array)
    return gathered


def release(array: NDArray[Any]) -> None:
    """Hand the pages of a mapped array back to the system."""
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    # Windows has no such call, and no need of it: its mappings are trimmed for it.
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def mapped(path: Any, dtype: Any, offset: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of a file, not to be written to."""
    return np.memmap(path, dtype, mode="r", offset=offset, shape=shape)

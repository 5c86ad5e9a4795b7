"""Arrays that lie in a file: read where they are looked at, and let go of again.

A mapped array (`numpy.memmap`) takes no memory until it is read; then its pages count
as the process's own for as long as the mapping has them, and with a page come its
neighbours (a megabyte of them, measured on Linux 6.18). So `blocks` and `gather` read a
few megabytes at a time, and hand the pages back: what was read stays in the system's
cache, not in the process. Arrays in memory pass through both as they are.

A file must not be shortened under its mapping, which would end the process;
`whole_file` never does, it puts another file in its place.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["BLOCK", "blocks", "gather", "mapped"]

BLOCK = 2**24
"""Bytes looked at at a time, one after another; what is no larger is not mapped."""
GATHERED = 2**20
"""Bytes looked at at a time, here and there."""


def blocks(array: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The array's rows, some at a time, with the number of the first of them."""
    row = max(array[:1].nbytes, 1)
    step = max(BLOCK // row, 1)
    for start in range(0, len(array), step):
        yield start, array[start : start + step]
        _release(array)


def gather(array: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """array[rows], of rows that are there; nothing of a mapped array stays behind."""
    gathered = np.empty((*rows.shape, *array.shape[1:]), array.dtype)
    step = max(GATHERED // max(gathered[:1].nbytes, 1), 1)
    for start in range(0, len(rows), step):
        piece = slice(start, start + step)
        # Any mode but "raise" lets numpy write to the place itself.
        np.take(array, rows[piece], 0, gathered[piece], mode="clip")
        _release(array)
    return gathered


def _release(array: NDArray[Any]) -> None:
    """Hand the pages of a mapped array back to the system."""
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    # Windows has no such call, and no need of it: its mappings are trimmed for it.
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def mapped(
    stream: BinaryIO, dtype: DTypeLike, offset: int, shape: tuple[int, ...]
) -> NDArray[Any]:
    """The array at a place [bytes] of an open file, not to be written to.

    It is read into memory if it is small.
    """
    if 0 in shape:  # nothing cannot be mapped
        return np.empty(shape, dtype)
    array = np.asarray(np.memmap(stream, dtype, "r", offset, shape))
    return array if array.nbytes > BLOCK else array.copy()

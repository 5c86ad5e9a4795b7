"""HDF5 files, as far as what is in them is data: numbers, in the file itself, not many.

Such a file may also point to other files, by links or as storage, and hold Python
objects or texts; what does is refused, and nothing is followed. It needs h5py, an
extra: ``onehop-envs[hdf5]``.

References:
    | HDF5 specification | https://support.hdfgroup.org/documentation/hdf5/latest/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, file_size, reading

__all__ = ["dataset", "group_in", "numbered", "numbers", "opened"]

MOST_BYTES = 2**32
"""Of an array: 20 million steps of 50 numbers."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file's root, for as long as it is read.

    Raises:
        BadInput: if h5py is not installed, or it is no such file.
    """
    try:
        import h5py
    except ImportError:
        raise BadInput(
            f"{path}: expected h5py to be installed; pip install 'onehop-envs[hdf5]'"
        ) from None
    file_size(path)
    with reading(path, "an HDF5 file"), h5py.File(path, "r", locking=False) as file:
        yield file


def group_in(path: Path, group: Any, name: str) -> Any:
    """A group in a group.

    Args:
        path: The file's, for messages.
        group: Where it is.
        name: Its name there.

    Raises:
        BadInput: naming it, if it is missing or no such thing.
    """
    import h5py

    where = _where(path, group, name)
    found = _held(where, group, name, "a group")
    if not isinstance(found, h5py.Group):
        raise BadInput(f"{where}: expected a group, got an array")
    return found


def numbered(path: Path, group: Any, prefix: str) -> list[str]:
    """The names of the groups `<prefix>0`, `<prefix>1`, ... in a group, by number.

    Raises:
        BadInput: if there are none.
    """
    found = [m for name in group if (m := re.fullmatch(rf"{prefix}(\d+)", name))]
    if not found:
        raise BadInput(f"{path}: expected groups {prefix}0, ..., got {list(group)[:5]}")
    return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]


def dataset(path: Path, group: Any, name: str) -> Any:
    """An array of numbers or of truth values, (N, ...), to be read in part.

    Args:
        path: The file's, for messages.
        group: Where it is.
        name: Its name there.

    Raises:
        BadInput: naming the array, if it is missing or no such thing.
    """
    import h5py

    where = _where(path, group, name)
    found = _held(where, group, name, "an array")
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiub":
        came = getattr(found, "dtype", "a group")
        raise BadInput(f"{where}: expected numbers, got {came}")
    if found.external or found.is_virtual:
        raise BadInput(f"{where}: expected numbers in the file, got another's")
    if not found.shape or found.size * found.dtype.itemsize > MOST_BYTES:
        raise BadInput(
            f"{where}: expected at most {MOST_BYTES} bytes of rows, got {found.shape}"
        )
    return found


def numbers(path: Path, group: Any, name: str) -> NDArray[Any]:
    """The same, read; `dataset` has the arguments."""
    return np.asarray(dataset(path, group, name)[()])


def _where(path: Path, group: Any, name: str) -> str:
    return f"{path}: {group.name.rstrip('/')}/{name}"


def _held(where: str, group: Any, name: str, kind: str) -> Any:
    """What has a name in a group, and is in the file; `kind` is what it should be."""
    import h5py

    if name not in group:
        raise BadInput(f"{where}: expected {kind}, found {sorted(group)[:20]}")
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise BadInput(f"{where}: expected {kind} in the file, got a link")
    return group[name]

"""Arrays of zarr v2: a JSON text beside chunks, each chunk an entry of its own.

The array `name` has the entry `name/.zarray`, which says its shape, the shape of a
chunk, dtype, order and compressor. Element i of an axis that is cut into chunks of c
lies in chunk i // c, at i % c; the chunk (j, k) is the entry `name/j.k`, always of the
whole chunk's shape: what sticks out over the array's edge is filling.

zarr's own reader is not asked: it takes a missing chunk for zeros, and calls whatever
codec a file names. Here every chunk must be there and as long as the text says. (The
format has no checksum: of a value changed in a folder nothing can be seen. A zip has.)
zarr 3 leaves out chunks that are all filling, unless told to `write_empty_chunks`; they
cannot be told from lost ones.

References:
    | zarr v2 specification | https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, naming

from ._zarr_codecs import Decoder, decoder
from ._zarr_store import Store, read_text

__all__ = ["Rows", "ZarrArray", "open_array", "read_array"]

ARRAY_BYTES = 2**29
"""The chunks that are in memory at once are not larger than this together [bytes]."""
CHUNKS = 2**20
"""An array is not cut into more chunks than this."""


@dataclass(frozen=True)
class Rows:
    """What an array has to be.

    Attributes:
        shape: Of one row; None for any.
        kinds: The kinds of numbers that it may hold, some of "f", "i", "u" and "b".
        most: The most rows that it may have.
    """

    shape: tuple[int, ...] | None
    kinds: str
    most: int


class ZarrArray:
    """An array whose rows are read when they are asked for.

    The chunks that were read last stay in memory: rows are mostly asked for in order.

    Args:
        store: Where it lies.
        name: Its name there.
        layout: What its `.zarray` says.
    """

    def __init__(self, store: Store, name: str, layout: _Layout) -> None:
        self.store = store
        self.name = name
        self.layout = layout
        self._block: tuple[int, NDArray[Any]] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""
        return self.layout.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its numbers."""
        return self.layout.dtype

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """Rows `start` to `stop` - 1, every element from the file.

        Raises:
            BadInput: naming the file and the chunk, what was expected and what came.
        """
        array = np.empty((stop - start, *self.shape[1:]), self.dtype)
        height = self.layout.chunks[0]
        for first in range(start - start % height, stop, height):
            low, high = max(first, start), min(first + height, stop)
            block = self._read(first // height)
            array[low - start : high - start] = block[low - first : high - first]
        return array

    def _read(self, i: int) -> NDArray[Any]:
        """All chunks of number i along the first axis, as one."""
        if self._block is None or self._block[0] != i:
            self._block = None  # room for the next one
            self._block = i, _block(self.store, self.name, self.layout, i)
        return self._block[1]


def open_array(store: Store, name: str, rows: Rows) -> ZarrArray:
    """An array of numbers, to be read row by row.

    Raises:
        BadInput: naming the file, the array, what was expected and what came.
    """
    text = read_text(store, f"{name}/.zarray")
    with naming(f"{store.path}: array {name!r}"):
        layout = _layout(text, rows)
        _check_size(layout, prod(layout.grid[1:]))
    return ZarrArray(store, name, layout)


def read_array(store: Store, name: str, rows: Rows) -> NDArray[Any]:
    """An array of numbers, every element of it from the file.

    Returns:
        (N, *rows.shape), of the dtype that the file says.

    Raises:
        BadInput: naming the file, the array or chunk, what was expected and what came.
    """
    array = open_array(store, name, rows)
    with naming(f"{store.path}: array {name!r}"):
        _check_size(array.layout, prod(array.layout.grid))
    return array.rows(0, array.shape[0])


@dataclass(frozen=True)
class _Layout:
    """What a `.zarray` says, checked."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]
    order: Literal["C", "F"]
    separator: str
    decode: Decoder

    @property
    def grid(self) -> tuple[int, ...]:
        """The number of chunks along each axis."""
        return tuple(-(-n // c) for n, c in zip(self.shape, self.chunks, strict=True))

    @property
    def chunk_bytes(self) -> int:
        """The size of a chunk [bytes]."""
        return prod(self.chunks) * self.dtype.itemsize


def _check_size(layout: _Layout, at_once: int) -> None:
    """Refuse more chunks, or more of them in memory, than any array here has."""
    number = prod(layout.grid)
    if number > CHUNKS or max(at_once, 1) * layout.chunk_bytes > ARRAY_BYTES:
        raise BadInput(
            f"expected at most {CHUNKS} chunks, {ARRAY_BYTES} bytes together, got "
            f"{number} of {layout.chunk_bytes}"
        )


def _block(store: Store, name: str, layout: _Layout, i: int) -> NDArray[Any]:
    """All chunks of number i along the first axis, as one."""
    if layout.chunks[1:] == layout.shape[1:]:
        return _chunk(store, name, layout, (i, *(0 for _ in layout.grid[1:])))
    array = np.empty((layout.chunks[0], *layout.shape[1:]), layout.dtype)
    for place in np.ndindex(*layout.grid[1:]):
        window = tuple(
            slice(j * c, min((j + 1) * c, n))
            for j, c, n in zip(place, layout.chunks[1:], layout.shape[1:], strict=True)
        )
        inside = tuple(slice(side.stop - side.start) for side in window)
        chunk = _chunk(store, name, layout, (i, *place))
        array[:, *window] = chunk[:, *inside]
    return array


def _chunk(
    store: Store, name: str, layout: _Layout, place: tuple[int, ...]
) -> NDArray[Any]:
    """The chunk at a place of the grid, of the shape `layout.chunks`."""
    key, size = f"{name}/{layout.separator.join(map(str, place))}", layout.chunk_bytes
    if key not in store:
        raise BadInput(
            f"{store.path}/{key}: expected a file, found none; zarr 3 leaves out empty "
            "chunks unless it is told write_empty_chunks=True"
        )
    # No codec makes much more of what it cannot compress.
    data = store.read(key, 2 * size + 2**10)
    try:
        decoded = layout.decode(data, size)
    except Exception as error:  # whatever a damaged chunk may lead to
        text = " ".join(str(error).split())
        raise BadInput(f"{store.path}/{key}: cannot be read, {text}") from None
    if len(decoded) != size:
        raise BadInput(
            f"{store.path}/{key}: expected {size} bytes of values, got {len(decoded)}"
        )
    values: NDArray[Any] = np.frombuffer(decoded, layout.dtype)
    return values.reshape(layout.chunks, order=layout.order)


def _layout(text: Mapping[str, Any], rows: Rows) -> _Layout:
    format_, order = text.get("zarr_format"), text.get("order")
    filters, separator = text.get("filters"), text.get("dimension_separator", ".")
    if format_ != 2 or order not in ("C", "F") or separator not in (".", "/"):
        raise BadInput(
            "expected zarr_format 2, order C or F and separator . or /, got "
            f"{_short(format_)}, {_short(order)} and {_short(separator)}"
        )
    if filters not in (None, []):
        raise BadInput(f"expected no filters, got {_short(filters)}")
    shape, dtype = _shape(text.get("shape"), rows), _dtype(text.get("dtype"), rows)
    chunks = _chunks(text.get("chunks"), len(shape))
    decode = decoder(text.get("compressor"))
    return _Layout(shape, chunks, dtype, order, separator, decode)


def _shape(value: Any, rows: Rows) -> tuple[int, ...]:
    shape = _whole_numbers(value)
    wanted = shape[1:] if rows.shape is None else rows.shape
    if not shape or shape[1:] != wanted or min(shape) < 0:
        expected = ", ".join(map(str, ("N", *wanted)))
        raise BadInput(f"expected shape ({expected}), got {shape or _short(value)}")
    if shape[0] > rows.most:
        raise BadInput(f"expected at most {rows.most} rows, got {shape[0]}")
    return shape


def _chunks(value: Any, axes: int) -> tuple[int, ...]:
    chunks = _whole_numbers(value)
    if len(chunks) != axes or min(chunks) < 1:
        raise BadInput(f"expected {axes} chunk sizes >= 1, got {_short(value)}")
    return chunks


def _dtype(value: Any, rows: Rows) -> np.dtype[Any]:
    known = isinstance(value, str) and re.fullmatch(
        rf"[<>|][{rows.kinds}][1248]", value
    )
    if not known or value[1:] in ("f1", "b2", "b4", "b8"):
        raise BadInput(f"expected numbers of kind {rows.kinds}, got {_short(value)}")
    dtype: np.dtype[Any] = np.dtype(value)
    return dtype


def _whole_numbers(value: Any) -> tuple[int, ...]:
    """Those of a list; none if it is none, or holds anything else."""
    if not isinstance(value, list) or any(type(number) is not int for number in value):
        return ()
    return tuple(value)


def _short(value: Any) -> str:
    return repr(value)[:60]

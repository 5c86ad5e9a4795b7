"""Where the arrays of a safetensors file lie.

    8 bytes    the length of the header, little-endian
    header     JSON: name -> dtype, shape, first and last + 1 byte after the header; and
               ``__metadata__``, texts by name; blanks fill it up to a multiple of 8
    values     array after array, the rows of each one after another

safetensors puts arrays of large numbers first, those of one type by name. So does what
is laid out here: a file that is filled in row by row is the one that safetensors would
have written at once, byte for byte.

References:
    | safetensors: file format | https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _mapped

__all__ = ["DTYPES", "Layout", "Place", "Shaped", "pieces", "places_in"]

DTYPES = {"I64": "<i8", "F32": "<f4", "F16": "<f2", "U8": "|u1", "BOOL": "|b1"}
"""What the arrays of a file may be, as safetensors says it and as numpy does; in the
order in which they lie."""


class Shaped(NamedTuple):
    """What an array is, whatever it holds.

    Attributes:
        dtype: Its type, as safetensors says it.
        shape: Its shape.
    """

    dtype: str
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Its size [bytes]."""
        return prod(self.shape) * np.dtype(DTYPES[self.dtype]).itemsize


class Place(NamedTuple):
    """Where an array lies.

    Attributes:
        dtype: Its type, as safetensors says it.
        shape: Its shape.
        start: Its first byte in the file.
    """

    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def nbytes(self) -> int:
        """Its size [bytes]."""
        return Shaped(self.dtype, self.shape).nbytes

    @property
    def row_bytes(self) -> int:
        """The size of one of its rows [bytes]."""
        return Shaped(self.dtype, self.shape[1:]).nbytes


@dataclass(frozen=True)
class Layout:
    """A file, but for the values.

    Attributes:
        head: Everything before them.
        places: Where each array lies.
    """

    head: bytes
    places: Mapping[str, Place]

    @property
    def size(self) -> int:
        """Of the whole file [bytes]."""
        return len(self.head) + sum(place.nbytes for place in self.places.values())

    @classmethod
    def of(cls, arrays: Mapping[str, Shaped], metadata: Mapping[str, str]) -> Layout:
        """The file that safetensors would write of such arrays."""
        order = list(DTYPES)
        names = sorted(arrays, key=lambda name: (order.index(arrays[name].dtype), name))
        header: dict[str, object] = {"__metadata__": dict(metadata)}
        offset, offsets = 0, {}
        for name in names:
            dtype, shape = arrays[name]
            end = offset + arrays[name].nbytes
            offsets[name] = offset
            header[name] = {
                "dtype": dtype,
                "shape": list(shape),
                "data_offsets": [offset, end],
            }
            offset = end
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        head = len(text).to_bytes(8, "little") + text
        return cls(
            head,
            {name: Place(*arrays[name], len(head) + offsets[name]) for name in names},
        )


def places_in(stream: BinaryIO) -> dict[str, Place]:
    """The places of a file's arrays, by name."""
    length = int.from_bytes(stream.read(8), "little")
    found = json.loads(stream.read(length))
    return {
        name: Place(of["dtype"], tuple(of["shape"]), 8 + length + of["data_offsets"][0])
        for name, of in found.items()
        if name != "__metadata__"
    }


def pieces(stream: BinaryIO, place: Place) -> Iterator[NDArray[np.uint8]]:
    """The bytes of an array, read from the file."""
    stream.seek(place.start)
    for start in range(0, place.nbytes, _mapped.BLOCK):
        piece = stream.read(min(_mapped.BLOCK, place.nbytes - start))
        yield np.frombuffer(piece, np.uint8)

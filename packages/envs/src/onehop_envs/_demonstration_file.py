"""The demonstration file: named arrays and one JSON header in a safetensors file.

    obs/<name>     float32 (N, ...)   what was seen; pictures as bytes, uint8
    actions        float32 (N, A)     what was done
    episode_ends   int64   (E,)       one past the last row of each episode

The safetensors metadata has one key, ``onehop``, whose JSON says what the file is:
``{"format": "onehop-demonstrations", "version": 1, "meta": {...}, "sha256": "..."}``.
The last is the hash of the arrays, so that damage does not pass for data; files from
before it do without. Nothing in the file can be executed, and equal contents are equal
files, byte for byte. Observations and actions are mapped: a file may be larger than
memory.

References:
    | safetensors: file format | https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from onehop_interfaces import BadInput, file_size, parse_json, whole_file

from ._mapped import mapped

__all__ = ["Content", "Json", "read", "write"]

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
)

FORMAT = "onehop-demonstrations"
VERSION = 1


DTYPES = {"F32": "<f4", "I64": "<i8", "U8": "u1"}
"""What the arrays of a file may be, as safetensors says it and as numpy does."""


class Content(NamedTuple):
    """What stands in a file.

    Attributes:
        arrays: The arrays, by name.
        meta: Where they come from.
        sha256: Their hash when they were saved; None in a file from before that.
    """

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Json]
    sha256: str | None


def write(
    path: Path,
    arrays: Mapping[str, NDArray[np.generic]],
    meta: Mapping[str, Json],
    sha256: str,
) -> None:
    """Write the file, whole or not at all."""
    header = {"format": FORMAT, "version": VERSION, "meta": meta, "sha256": sha256}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(header, sort_keys=True, allow_nan=False)
    data = save(contiguous, {"onehop": text})
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def read(path: Path) -> Content:
    """What stands in a file.

    Raises:
        BadInput: naming the file, if it is not there, not ours, or lacks an array.
    """
    file_size(path)
    try:
        # Opening it checks that names, types and places fit one another and the file.
        with safe_open(path, framework="numpy") as stream:
            header = _header(path, stream.metadata() or {})
        arrays = dict(_arrays(path))
    except (SafetensorError, OSError, TypeError) as error:
        text = " ".join(str(error).split())
        raise BadInput(
            f"{path}: expected a demonstration file (safetensors), but {text}"
        ) from None
    for name in ("actions", "episode_ends"):
        if name not in arrays:
            raise BadInput(f"{path}: array {name!r} is missing, found {sorted(arrays)}")
    return Content(arrays, header["meta"], header.get("sha256"))


def _arrays(path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of a safetensors file that is known to be one, mapped."""
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        places = json.loads(stream.read(length))
    places.pop("__metadata__", None)
    for name, place in places.items():
        dtype = place["dtype"]
        if dtype not in DTYPES:
            raise BadInput(
                f"{path}: array {name!r}: expected one of {tuple(DTYPES)}, got {dtype}"
            )
        begin, end = place["data_offsets"]
        shape = tuple(place["shape"])
        if begin == end:  # nothing can be mapped of nothing
            yield name, np.empty(shape, DTYPES[dtype])
            continue
        array = mapped(path, DTYPES[dtype], 8 + length + begin, shape)
        yield name, np.array(array) if name == "episode_ends" else array


def _header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    if "onehop" not in metadata:
        raise BadInput(
            f"{path}: expected format {FORMAT!r}, found another safetensors file"
        )
    header = parse_json(metadata["onehop"], f"{path}: its header")
    format_, version = header.get("format"), header.get("version")
    if format_ != FORMAT or version != VERSION:
        raise BadInput(
            f"{path}: expected format {FORMAT!r} version {VERSION}, found "
            f"{format_!r:.60} version {version!r:.60}"
        )
    # No others: a damaged name must not pass for a file without a hash.
    known = set(header) | {"sha256"} == {"format", "version", "meta", "sha256"}
    if not known or not isinstance(header["meta"], dict):
        raise BadInput(f"{path}: expected a header with 'meta', got {sorted(header)}")
    return header

"""The demonstration file: named arrays and one JSON header in a safetensors file.

    obs/<name>     float or uint8   (N, ...)   what was seen
    actions        float            (N, A)     what was done
    episode_ends   int64            (E,)       one past the last row of each episode
    rewards        float            (N,)       what it earned, if that was recorded,
    terminals      bool             (E,)       and which episodes the task itself ended

float is float32 or float16.

The safetensors metadata has one key, ``onehop``, whose JSON says what the file is:
``{"format": "onehop-demonstrations", "version": 1, "meta": {...}, "sha256": "..."}``.
The last is the hash of the arrays, so that damage does not pass for data; files from
before it do without. Nothing in the file can be executed, and equal contents are equal
files, byte for byte.

Large arrays are mapped when they are read, so that a file may be larger than memory.
Their hash is taken from the file and not by way of the mapping, whose pages would count
as memory of the process.

References:
    | safetensors: file format | https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from onehop_interfaces import BadInput, file_size, parse_json, whole_file

from ._layout import DTYPES, Place, pieces, places_in
from ._mapped import blocks, mapped

__all__ = [
    "Content",
    "Json",
    "file_sha256",
    "metadata_of",
    "read",
    "sha256_of",
    "write",
]

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
)

FORMAT = "onehop-demonstrations"
VERSION = 1

NAMES = ("actions", "episode_ends")
"""The arrays that there must be."""
PAID = ("rewards", "terminals")
"""Those that there may be, too."""


class Content(NamedTuple):
    """What stands in a file.

    Attributes:
        arrays: The arrays, by name; large ones are mapped.
        meta: Where they come from.
        sha256: Their hash.
    """

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Json]
    sha256: str


def sha256_of(
    arrays: Mapping[str, NDArray[Any]],
    bytes_of: Callable[[str], Iterable[Any]] | None = None,
) -> str:
    """Hash of names, types, shapes and values.

    Args:
        arrays: The arrays, by name.
        bytes_of: The bytes of the array of a name, in pieces, if they are to come from
            elsewhere.
    """
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        pieces = bytes_of(name) if bytes_of else (rows for _, rows in blocks(array))
        for piece in pieces:
            digest.update(np.ascontiguousarray(piece).data)
    return digest.hexdigest()


def file_sha256(stream: BinaryIO, places: Mapping[str, Place]) -> str:
    """The same of arrays in a file."""
    empty = {
        name: np.broadcast_to(np.empty((), DTYPES[place.dtype]), place.shape)
        for name, place in places.items()
    }
    return sha256_of(empty, lambda name: pieces(stream, places[name]))


def write(
    path: Path,
    arrays: Mapping[str, NDArray[np.generic]],
    meta: Mapping[str, Json],
    sha256: str,
) -> None:
    """Write the file, whole or not at all."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with whole_file(path) as temporary:
        mode = temporary.stat().st_mode
        save_file(contiguous, temporary, metadata_of(meta, sha256))
        temporary.chmod(mode)  # safetensors' own file is for no one else to read


def metadata_of(meta: Mapping[str, Json], sha256: str) -> dict[str, str]:
    """The metadata of a file, its header among it."""
    header = {"format": FORMAT, "version": VERSION, "meta": meta, "sha256": sha256}
    return {"onehop": json.dumps(header, sort_keys=True, allow_nan=False)}


def read(path: Path) -> Content:
    """What stands in a file.

    Raises:
        BadInput: naming the file, if it is not there, not ours, lacks an array, or its
            arrays are not those that were saved.
    """
    file_size(path)
    try:
        # Opening it checks that names, types and places fit one another and the file.
        with safe_open(path, framework="numpy") as checked:
            header = _header(path, checked.metadata() or {})
        with path.open("rb") as stream:
            return _content(path, stream, header)
    except (SafetensorError, OSError, TypeError) as error:
        text = " ".join(str(error).split())
        raise BadInput(
            f"{path}: expected a demonstration file (safetensors), but {text}"
        ) from None


def _content(path: Path, stream: BinaryIO, header: Mapping[str, Any]) -> Content:
    places = places_in(stream)
    arrays = {name: _array(path, stream, name, place) for name, place in places.items()}
    for name in NAMES:
        if name not in arrays:
            raise BadInput(f"{path}: array {name!r} is missing, found {sorted(arrays)}")
    known = (*NAMES, *PAID)
    ours = {k: a for k, a in arrays.items() if k in known or k.startswith("obs/")}
    sha256 = file_sha256(stream, {name: places[name] for name in ours})
    saved = header.get("sha256", sha256)
    if saved != sha256:
        raise BadInput(
            f"{path}: expected the arrays that were saved, of sha256 "
            f"{str(saved)[:16]}, got {sha256[:16]}: the file is damaged"
        )
    return Content(ours, header["meta"], sha256)


def _array(path: Path, stream: BinaryIO, name: str, place: Place) -> NDArray[Any]:
    dtype = place.dtype
    if dtype not in DTYPES:
        raise BadInput(
            f"{path}: array {name!r}: expected one of {tuple(DTYPES)}, got {dtype}"
        )
    return mapped(stream, DTYPES[dtype], place.start, place.shape)


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

"""The demonstration file: named arrays and one JSON header in a safetensors file.

    obs/<name>     float32 (N, ...)   what was seen
    actions        float32 (N, A)     what was done
    episode_ends   int64   (E,)       one past the last row of each episode

The safetensors metadata has one key, ``onehop``, whose JSON says what the file is:
``{"format": "onehop-demonstrations", "version": 1, "meta": {...}}``. Nothing in it can
be executed, and equal contents are equal files, byte for byte.

References:
    | safetensors: file format | https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from onehop_interfaces import BadInput, whole_file

__all__ = ["Json", "read", "write"]

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
)

FORMAT = "onehop-demonstrations"
VERSION = 1


def write(
    path: Path, arrays: Mapping[str, NDArray[np.generic]], meta: Mapping[str, Json]
) -> None:
    """Write the file, whole or not at all."""
    header = {"format": FORMAT, "version": VERSION, "meta": meta}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    data = save(contiguous, {"onehop": json.dumps(header, sort_keys=True)})
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Json]]:
    """The arrays and the meta of a file.

    Raises:
        BadInput: naming the file, if it is not there, not ours, or lacks an array.
    """
    if not path.is_file():
        raise BadInput(f"{path}: expected a demonstration file, found none")
    try:
        with safe_open(path, framework="numpy") as stream:
            header = _header(path, stream.metadata() or {})
            names = stream.keys()
            arrays = {name: stream.get_tensor(name) for name in names}
    except (SafetensorError, TypeError) as error:
        text = " ".join(str(error).split())
        raise BadInput(
            f"{path}: expected a demonstration file (safetensors), but {text}"
        ) from None
    for name in ("actions", "episode_ends"):
        if name not in arrays:
            raise BadInput(f"{path}: array {name!r} is missing, found {sorted(arrays)}")
    return arrays, header["meta"]


def _header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    try:
        header = json.loads(metadata["onehop"])
        known = header["format"] == FORMAT and isinstance(header["meta"], dict)
        version = header["version"]
    except (KeyError, TypeError, ValueError):
        known, version = False, None
    if not known:
        raise BadInput(
            f"{path}: expected format {FORMAT!r}, found another safetensors file"
        )
    if version != VERSION:
        raise BadInput(
            f"{path}: expected {FORMAT} version {VERSION}, found {version!r}"
        )
    return dict(header)

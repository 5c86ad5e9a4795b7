"""Files: read when they are what they should be, written whole or not at all.

A path from outside may name anything: nothing, a folder, a FIFO that never answers, a
file of any size. What it names is looked at before it is opened.
"""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

from ._errors import BadInput

__all__ = [
    "file_size",
    "parse_json",
    "put_in_place",
    "read_file",
    "read_json",
    "whole_file",
    "writing",
]

JSON_BYTES = 2**24
"""A JSON file larger than this [bytes] is none of ours."""
JSON_LEVELS = 100
"""Nor is one nested deeper; whoever walks or prints it need not fear for the stack."""


def file_size(path: Path) -> int:
    """The size [bytes] of a regular file; a link to one will do.

    Raises:
        BadInput: naming the file, if it is not there or no regular file (a folder, a
            FIFO, a device).
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise BadInput(f"{path}: expected a file, found none") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: expected a file, but {_reason(error)}") from None
    if not S_ISREG(status.st_mode):
        came = "a folder" if S_ISDIR(status.st_mode) else "a FIFO, device or socket"
        raise BadInput(f"{path}: expected a file, got {came}")
    return status.st_size


def read_file(path: Path, limit: int) -> bytes:
    """What a regular file holds.

    Args:
        path: The file.
        limit: The most that it may hold [bytes].

    Raises:
        BadInput: naming the file, if it is no regular file, cannot be read or holds
            more.
    """
    size = file_size(path)
    try:
        with path.open("rb") as stream:
            # Not the size: a file can grow, and those of /proc say 0.
            data = stream.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise BadInput(f"{path}: cannot be read, {_reason(error)}") from None
    if max(size, len(data)) > limit:
        raise BadInput(f"{path}: expected at most {limit} bytes, got {size}")
    return data


def parse_json(text: str | bytes, thing: str) -> dict[str, Any]:
    """The JSON object that a text from outside is.

    Args:
        text: The text.
        thing: What it is called in errors, e.g. the path of its file.

    Raises:
        BadInput: if it is no JSON, not an object, nested too deeply, or has a number
            that is NaN, infinite or beyond every float.
    """
    try:
        found = json.loads(
            text, parse_constant=_finite, parse_float=_finite, parse_int=_whole
        )
        deep = _deeper(found, JSON_LEVELS)
    except RecursionError:
        deep = True
    except ValueError as error:
        raise BadInput(f"{thing}: expected JSON, but {_reason(error)}") from None
    if deep:
        raise BadInput(f"{thing}: expected JSON, got one nested too deeply")
    if not isinstance(found, dict):
        came = type(found).__name__
        raise BadInput(f"{thing}: expected a JSON object, got a {came}")
    return found


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object that a file of at most 16 MiB holds.

    Raises:
        BadInput: naming the file, if it is no such file (`read_file`) or holds no such
            object (`parse_json`).
    """
    return parse_json(read_file(path, JSON_BYTES), str(path))


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A new, empty file beside `path`, of the same suffix, for the body to write to.

    When the body ends well the file, once it is on the disk, takes its place in one
    step; when it fails or is interrupted the temporary file is removed and `path` stays
    as it was.

    Its name is drawn by chance and made only if nothing has it, a link neither: no one
    can lay something there beforehand, and no two processes of any hosts meet.

    Raises:
        BadInput: naming the file, if it cannot be written (no such right, a full disk,
            a folder of that name).
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.{path.name}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        os.close(os.open(temporary, flags, 0o666))  # less the umask, as any new file
        try:
            yield temporary
            put_in_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """See to it that a file is on the disk, then let it take `path`, in one step.

    Raises:
        OSError: if that cannot be.
    """
    _flush(temporary)
    os.replace(temporary, path)
    # The file is there; that its folder says so after a crash, not all can promise.
    with suppress(OSError):
        _flush(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Let what the system refuses the body be an error that names a file.

    Raises:
        BadInput: naming the file, in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise BadInput(f"{path}: cannot be written, {_reason(error)}") from error


def _flush(path: Path) -> None:
    """See to it that a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _deeper(found: Any, levels: int) -> bool:
    """Whether lists and objects are nested in more levels than these."""
    level = [found]
    for _ in range(levels + 1):
        inside = [value for value in level if isinstance(value, (dict, list))]
        if not inside:
            return False
        rows = [row.values() if isinstance(row, dict) else row for row in inside]
        level = [value for row in rows for value in row]
    return True


def _finite(text: str) -> float:
    """The number a text of JSON says."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is not finite")
    return value


def _whole(text: str) -> int:
    """The whole number a text of JSON says, one that a float can be made of."""
    _finite(text)
    return int(text)


def _reason(error: Exception) -> str:
    """What an error says, on one line."""
    text = error.strerror if isinstance(error, OSError) else None
    return " ".join((text or str(error)).split())

"""Zarr's store: entries by name, the files of a folder or of a zip.

A group of zarr v2 has the entry `.zgroup`, at the root or one folder down: a zip made
of a folder keeps the folder's name in front of every entry.

References:
    | zarr v2 specification | https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISLNK
from typing import Any, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from onehop_interfaces import BadInput, file_size, parse_json, read_file

__all__ = ["Store", "read_text", "store_at"]

TEXT_BYTES = 2**16
"""A JSON text of zarr is not larger than this [bytes]."""

ZIP_ERRORS = (
    BadZipFile,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What reading a damaged zip may lead to."""


class Store(Protocol):
    """The entries below a folder, of the disk or of a zip."""

    @property
    def path(self) -> Path:
        """What the folder is called in errors."""

    def names(self) -> list[str]:
        """Of what lies in the folder, in order."""

    def __contains__(self, key: str) -> bool:
        """Whether it has the entry."""

    def below(self, name: str) -> Store:
        """The entries below a folder in it."""

    def read(self, key: str, limit: int) -> bytes:
        """What an entry of at most `limit` bytes holds.

        Raises:
            BadInput: naming the entry, if it is not there, damaged, no file or larger.
        """


def store_at(path: Path) -> Store:
    """The store of a zarr v2 group; a zip stays open for as long as there is the store.

    Raises:
        BadInput: naming the file, if it is no folder or zip of such a group.
    """
    if not os.path.exists(path):
        raise BadInput(f"{path}: expected a zarr directory or zip, found nothing")
    if path.is_dir():
        return _rooted(_Folder(path))
    file_size(path)
    try:
        file = ZipFile(path)
    except ZIP_ERRORS:
        raise BadInput(
            f"{path}: expected a zarr directory or zip, got another file"
        ) from None
    return _rooted(_Zip(path, file, ""))


def read_text(store: Store, key: str) -> dict[str, Any]:
    """The JSON object that an entry is.

    Raises:
        BadInput: naming the entry, if it is none.
    """
    return parse_json(store.read(key, TEXT_BYTES), f"{store.path}/{key}")


@dataclass(frozen=True)
class _Folder:
    path: Path

    def names(self) -> list[str]:
        try:
            return sorted(os.listdir(self.path))
        except OSError as error:
            raise BadInput(f"{self.path}: cannot be read, {error.strerror}") from None

    def __contains__(self, key: str) -> bool:
        return os.path.exists(self.path / key)

    def read(self, key: str, limit: int) -> bytes:
        return read_file(self.path / key, limit)

    def below(self, name: str) -> _Folder:
        return _Folder(self.path / name)


@dataclass(frozen=True)
class _Zip:
    file: Path
    zip: ZipFile
    prefix: str

    @property
    def path(self) -> Path:
        return self.file / self.prefix

    def names(self) -> list[str]:
        keys = self.zip.namelist()
        inside = [
            key[len(self.prefix) :] for key in keys if key.startswith(self.prefix)
        ]
        return sorted({key.split("/")[0] for key in inside} - {""})  # the folder's own

    def __contains__(self, key: str) -> bool:
        return self.prefix + key in self.zip.NameToInfo

    def read(self, key: str, limit: int) -> bytes:
        thing = f"{self.path}/{key}"
        if key not in self:
            raise BadInput(f"{thing}: expected a file, found none")
        info = self.zip.getinfo(self.prefix + key)
        # Other methods decompress without bound.
        stored = info.compress_type in (ZIP_STORED, ZIP_DEFLATED)
        if not stored or S_ISLNK(info.external_attr >> 16):
            raise BadInput(f"{thing}: expected a file stored or deflated, got another")
        if info.file_size > limit:
            raise BadInput(
                f"{thing}: expected at most {limit} bytes, got {info.file_size}"
            )
        try:
            with self.zip.open(info) as stream:
                data = stream.read(info.file_size + 1)
        except ZIP_ERRORS as error:
            text = " ".join(str(error).split())
            raise BadInput(f"{thing}: cannot be read, {text}") from None
        return data

    def below(self, name: str) -> _Zip:
        return replace(self, prefix=f"{self.prefix}{name}/")


def _rooted(store: _Folder | _Zip) -> Store:
    for root in [store, *(store.below(name) for name in store.names())]:
        if ".zgroup" in root and read_text(root, ".zgroup").get("zarr_format") == 2:
            return root
    raise BadInput(f"{store.path}: expected a zarr v2 group, found none")

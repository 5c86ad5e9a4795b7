"""Seals: a file that tells whether it is still as it was written.

A sealed file holds the SHA-256 of itself, taken with zeros in the seal's own place:

    "seal": "<64 hexadecimal digits>"

a key of a JSON object, alone or inside the metadata of a safetensors file. Neither a
flipped bit nor a missing byte then passes for data. The seal is no signature: who means
to change a file can take it out, and a file without one (edited by hand, or written
before there were seals) is taken as it is.

References:
    | FIPS 180-4, Secure Hash Standard | https://doi.org/10.6028/NIST.FIPS.180-4
"""

from __future__ import annotations

import hashlib
import mmap
import re
from pathlib import Path

from ._errors import BadInput
from ._files import file_size

__all__ = ["SEAL", "UNSEALED", "check_seal", "seal"]

SEAL = "seal"
"""The key that a seal stands under."""
UNSEALED = "0" * 64
"""What to write under `SEAL` before the file is sealed."""

HEAD = 2**24
"""Bytes, from the start of a file, among which the seal is."""

# JSON inside JSON has its quotes escaped. Whatever stands there is a seal, if damaged.
PLACE = re.compile(rb'"seal\\?": ?\\?"(.{0,64})', re.DOTALL)


def seal(path: Path) -> None:
    """Seal a file that was written with `UNSEALED` under the key `SEAL`."""
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as data:
        place = PLACE.search(data, 0, HEAD)
        if place is None:
            raise ValueError(f"{path}: has no key {SEAL!r} to write the seal under")
        start, end = place.span(1)
        data[start:end] = _digest(data, start, end)
        data.flush()


def check_seal(path: Path) -> None:
    """Refuse a file that is not as it was sealed; one without a seal passes.

    All of the file is read: see first that it is no longer than it says.

    Raises:
        BadInput: naming the file, if its seal is broken, or it is no regular file.
    """
    if file_size(path) == 0:
        return
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        place = PLACE.search(data, 0, HEAD)
        if place is None or _digest(data, *place.span(1)) == place[1]:
            return
    raise BadInput(
        f"{path}: expected the contents that were written, got others (damaged, or "
        f'edited: then take out the key "{SEAL}")'
    )


def _digest(data: mmap.mmap, start: int, end: int) -> bytes:
    """SHA-256 in hexadecimal, with zeros from `start` to `end`."""
    with memoryview(data) as view, view[:start] as before, view[end:] as after:
        digest = hashlib.sha256(before)
        digest.update(UNSEALED.encode())
        digest.update(after)
    return digest.hexdigest().encode()

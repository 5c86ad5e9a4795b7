"""A mailbox in shared memory: one process writes, another reads the latest.

A file, mapped into both, holds two slots, each

    number (8 bytes), CRC-32 of number and payload (4), payload.

The writer fills them in turn, so that the latest whole message stands in one while the
other is written. The reader takes the greatest number whose sum is right: a message
half written, because its writer is slow, suspended or dead, is as if it had not been.
Neither ever waits for the other.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from struct import Struct
from zlib import crc32

from onehop_interfaces import BadInput, file_size, writing

__all__ = ["Mailbox"]

_HEAD = Struct("<QI")
_NUMBER = Struct("<Q")


class Mailbox:
    """A mailbox for messages of one length.

    Args:
        path: Its file, which `make` has made.
        size: Length of a message [bytes].

    Raises:
        BadInput: if there is no such file, or it is of another length.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._size, self._slot = size, _HEAD.size + size
        if file_size(path) != 2 * self._slot:
            raise BadInput(f"{path}: expected a mailbox of {size} bytes a message")
        with writing(path):
            file = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                self._map = mmap.mmap(file, 2 * self._slot)
            finally:
                os.close(file)
        self._n = max(self._numbers(), default=0)

    @classmethod
    def make(cls, path: Path, size: int) -> Mailbox:
        """A new, empty one, in place of what is there.

        Raises:
            BadInput: if it cannot be made.
        """
        with writing(path):
            path.unlink(missing_ok=True)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
            file = os.open(path, flags, 0o600)
            try:
                os.write(file, bytes(2 * (_HEAD.size + size)))
            finally:
                os.close(file)
        return cls(path, size)

    def write(self, message: bytes) -> None:
        """Put a message there, instead of the one before the last."""
        if len(message) != self._size:
            raise ValueError(f"expected {self._size} bytes, got {len(message)}")
        self._n += 1
        crc = crc32(message, crc32(_NUMBER.pack(self._n)))
        start = self._n % 2 * self._slot
        self._map[start : start + self._slot] = _HEAD.pack(self._n, crc) + message

    def read(self) -> tuple[int, bytes] | None:
        """The number of the latest message, and the message; None if there is none."""
        found = [self._whole(slot) for slot in (0, 1)]
        return max((each for each in found if each is not None), default=None)

    def close(self) -> None:
        """Give the memory back."""
        self._map.close()

    def _numbers(self) -> list[int]:
        return [_NUMBER.unpack_from(self._map, slot * self._slot)[0] for slot in (0, 1)]

    def _whole(self, slot: int) -> tuple[int, bytes] | None:
        data = self._map[slot * self._slot : (slot + 1) * self._slot]
        n, crc = _HEAD.unpack_from(data)
        message = data[_HEAD.size :]
        whole = n > 0 and crc32(message, crc32(_NUMBER.pack(n))) == crc
        return (n, message) if whole else None

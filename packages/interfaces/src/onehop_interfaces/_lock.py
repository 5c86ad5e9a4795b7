"""Locks: one process at work in a folder.

The process holds the file ``.lock`` in it, by an advisory lock of the system, which
lets go of it however the process ends, and so do the processes that inherit the open
file: the folder is free when the last of them has gone. The file holds the number of
the process that took it.

Where the system or the file system has no such locks, nothing is held.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ._errors import BadInput

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

__all__ = ["LOCK", "locked"]

LOCK = ".lock"
"""The file's name."""

PATIENCE = 20.0
"""How long [s] to wait for what a process that has ended left running."""


@contextmanager
def locked(folder: Path) -> Iterator[tuple[int, ...]]:
    """Hold a folder while the body runs; made if need be, gone after if still empty.

    If the process that held it last has ended, those that it started are given some
    seconds to end as well.

    Yields:
        The descriptor of the lock's file, if there is one, for processes started in
        the body that are to hold the folder, too.

    Raises:
        BadInput: naming the process that holds it.
        OSError: if the folder cannot be made or written to.
    """
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / LOCK
    held = () if fcntl is None else (_take(file),)
    try:
        yield held
    finally:
        for descriptor in held:
            # While it is still held, so that no one takes a file that then goes.
            file.unlink(missing_ok=True)
            os.close(descriptor)
        if new:
            with suppress(OSError):
                folder.rmdir()


def _take(file: Path) -> int:
    """Open the file and hold it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o666)
        if _hold(descriptor):
            if _same(descriptor, file):
                with suppress(OSError):  # a full disk: held without a number
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, str(os.getpid()).encode())
                return descriptor
        else:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace")
            if time.monotonic() > deadline or _lives(holder):
                os.close(descriptor)
                raise BadInput(
                    f"{file.parent}: expected no other process at work here, found "
                    f"process {holder or 'that says no number'}"
                )
            time.sleep(0.05)
        os.close(descriptor)


def _hold(descriptor: int) -> bool:
    """Lock the open file, unless another process has; True where that is not known."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True


def _same(descriptor: int, file: Path) -> bool:
    """Whether the file that was locked is still the one of that name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), file.stat())
    return False


def _lives(holder: str) -> bool:
    """Whether a process of that number is there; one not yet written counts as not."""
    try:
        os.kill(int(holder), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:  # another user's
        return True
    return True

"""A process beside this one, with a pipe between, while a body runs.

It is told to end by the pipe's closing, which an end of this process, however it comes,
does too; one that does not end then is killed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["beside"]


@contextmanager
def beside(
    serve: Callable[..., None], *args: object, leave: float
) -> Iterator[tuple[Any, Connection]]:
    """The process, begun, and this one's end of the pipe.

    Args:
        serve: The whole process; it is given the other end after its arguments.
        args: What it is given.
        leave: What it may take to end [s].
    """
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(*args, there), daemon=True)
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        here.close()
        process.join(leave)
        if process.is_alive():
            process.kill()
            process.join()

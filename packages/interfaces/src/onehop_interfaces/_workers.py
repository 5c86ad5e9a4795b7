"""Processes that work for this one.

They are spawned, never forked: they share nothing with the parent, so what they make is
the same in each of them. An interrupt reaches the parent only, which lets what is under
way finish. A worker whose parent is killed ends too.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process

from ._errors import BadInput

__all__ = ["workers"]


@contextmanager
def workers(
    count: int, prepare: Callable[[], object] | None = None
) -> Iterator[ProcessPoolExecutor]:
    """A pool of `count` processes while the body runs.

    Args:
        count: How many.
        prepare: Called once in each of them; a function of a module.

    Raises:
        BadInput: if one of them was ended from outside.
    """
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin, (prepare,))
    try:
        yield pool
    except BrokenProcessPool:
        raise BadInput(
            "expected every worker to finish its episode, but one was ended, perhaps "
            "for want of memory; the same command goes on from here"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(prepare: Callable[[], object] | None) -> None:
    """Make this process a worker: deaf to interrupts, gone when its parent is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    if prepare is not None:
        prepare()


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

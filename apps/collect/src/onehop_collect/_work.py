"""Collect episodes in parallel processes.

Processes are spawned, never forked: they share nothing with the parent, so an episode
is the same in each of them. An interrupt reaches the parent only, which lets the
episodes that are under way finish. A worker whose parent is killed ends too.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process

from onehop_interfaces import BadInput

from ._collection import Collection
from ._parts import Parts

__all__ = ["work"]


def work(collection: Collection, parts: Parts, workers: int) -> Iterator[bool]:
    """Collect what is wanted and not there yet.

    Yields:
        For each episode, those that are there already first, whether it is solved.

    Raises:
        BadInput: if hardly any episode is solved, or a worker was killed.
    """
    solved = parts.solved()
    yield from solved.values()
    pending: dict[Future[bool], int] = {}
    with _pool(min(workers, collection.episodes)) as pool:
        while True:
            for i in collection.wanted(solved):
                if i not in solved and i not in pending.values():
                    pending[pool.submit(_collect_one, collection, parts, i)] = i
            if not pending:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                i = pending.pop(future)
                solved[i] = future.result()
                yield solved[i]


def _collect_one(collection: Collection, parts: Parts, i: int) -> bool:
    """Collect and keep episode i; whether it is solved."""
    episode = collection.episode(i)
    parts.save(i, episode)
    return bool(episode.meta["solved"])


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _prepare)
    try:
        yield pool
    except BrokenProcessPool:
        raise BadInput(
            "expected every worker to finish its episode, but one was ended, perhaps "
            "for want of memory; the same command goes on from here"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare() -> None:
    """Make this process a worker: deaf to interrupts, gone when its parent is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

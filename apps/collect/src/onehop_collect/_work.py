"""Collect episodes in parallel processes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

from onehop_interfaces import workers as processes

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
    solved = {i: kept.solved for i, kept in parts.kept().items()}
    yield from solved.values()
    pending: dict[Future[bool], int] = {}
    with processes(min(workers, collection.episodes)) as pool:
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

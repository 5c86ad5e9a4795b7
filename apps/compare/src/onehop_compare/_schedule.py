"""In which order: every cell as soon as what it needs is there.

Where a cell runs is the `Submit` it is given to: threads of this process that wait for
processes of their own, or a Ray cluster whose nodes see the same files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeAlias

from onehop_interfaces import BadInput

from ._cell import Cell, carry_out

__all__ = ["Submit", "Tell", "locally", "on_ray", "schedule"]

Submit: TypeAlias = Callable[[Cell], "Future[float]"]
"""Starts a cell somewhere."""
Tell: TypeAlias = Callable[[Sequence[Cell], Sequence[Cell]], None]
"""Told of the cells done and of those under way whenever they change."""


@contextmanager
def locally(workers: int, held: tuple[int, ...] = ()) -> Iterator[Submit]:
    """At most `workers` cells at a time, on this machine.

    When the body ends early, by an error or an interrupt, cells under way are ended.

    Args:
        workers: How many.
        held: Descriptors of locks that every cell holds, too.
    """
    lifeline, writing_end = os.pipe()
    pool = ThreadPoolExecutor(workers)
    try:
        yield lambda cell: pool.submit(carry_out, cell, lifeline, held)
    finally:
        os.close(writing_end)
        pool.shutdown(wait=True, cancel_futures=True)
        os.close(lifeline)


@contextmanager
def on_ray(address: str) -> Iterator[Submit]:
    """As many cells at a time as a Ray cluster has CPUs for.

    Args:
        address: Of the cluster; "auto" finds a running one, "local" starts one here.

    Raises:
        BadInput: if Ray is not installed or no cluster is there.
    """
    try:
        import ray
    except ImportError:
        raise BadInput(
            "--ray: expected ray to be installed; pip install 'onehop-compare[ray]'"
        ) from None
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except ConnectionError:
        raise BadInput(
            f"--ray: expected a cluster at {address!r}, found none"
        ) from None
    here = os.getcwd()
    remote = ray.remote(num_cpus=1, max_retries=0)(_carry_out_in)
    try:
        yield lambda cell: remote.remote(here, cell).future()
    finally:
        ray.shutdown()


def _carry_out_in(folder: str, cell: Cell) -> float:
    """A Ray worker starts elsewhere: paths are relative to where the user stands."""
    os.chdir(folder)
    lifeline, writing_end = os.pipe()
    try:
        return carry_out(cell, lifeline)
    finally:
        os.close(writing_end)
        os.close(lifeline)


def schedule(
    cells: Sequence[Cell],
    submit: Submit,
    tell: Tell,
) -> None:
    """Carry out every cell that has not been.

    After a failure, cells under way are waited for and no other is begun.

    Args:
        cells: All of them; what a cell needs stands before it.
        submit: Where they run.
        tell: Shows progress.

    Raises:
        BadInput: if a cell fails, or an earlier one was of other settings.
    """
    done = [cell for cell in cells if cell.done()]
    waiting = [cell for cell in cells if cell not in done]
    under_way: dict[Future[float], Cell] = {}
    while waiting or under_way:
        names = {cell.name for cell in done}
        ready = [cell for cell in waiting if names.issuperset(cell.needs)]
        for cell in ready:
            under_way[submit(cell)] = cell
            waiting.remove(cell)
        tell(done, list(under_way.values()))
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            done.append(under_way.pop(future))
            _raise(future, waiting, under_way)
    tell(done, [])


def _raise(
    future: Future[float], waiting: list[Cell], under_way: dict[Future[float], Cell]
) -> None:
    """If the future failed, let what runs end, begin nothing more, and say why."""
    error = future.exception()
    if error is None:
        return
    waiting.clear()
    for other in under_way:
        other.cancel()
    wait(under_way)
    # Ray wraps what a worker raised.
    cause = getattr(error, "cause", None) or error
    raise cause

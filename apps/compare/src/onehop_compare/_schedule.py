"""In which order: every cell as soon as what it needs is there.

Where a cell runs is the `Submit` it is given to: threads of this process that wait for
processes of their own, or a Ray cluster whose nodes see the same files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeAlias, cast

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
    remote = ray.remote(max_retries=0)(_carry_out_in)

    def submit(cell: Cell) -> Future[float]:
        given = remote.options(num_cpus=cell.threads, num_gpus=cell.gpus)
        return cast("Future[float]", given.remote(here, cell).future())

    try:
        yield submit
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
    cells: Sequence[Cell], submit: Submit, tell: Tell
) -> dict[str, BaseException]:
    """Carry out every cell that has not been.

    A cell that fails is tried once more, for some fail by bad luck. What needs one that
    failed for good is left out; everything else goes on.

    Args:
        cells: All of them; what a cell needs stands before it.
        submit: Where they run.
        tell: Shows progress.

    Returns:
        Why cells failed, by name.

    Raises:
        BadInput: if an earlier cell was of other settings.
    """
    done = [cell for cell in cells if cell.took() is not None]
    waiting = [cell for cell in cells if cell not in done]
    failed: dict[str, BaseException] = {}
    under_way: dict[Future[float], Cell] = {}
    while True:
        for cell in _ready(waiting, done):
            under_way[submit(cell)] = cell
            waiting.remove(cell)
        tell(done, list(under_way.values()))
        if not under_way:
            return failed
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            cell, error = under_way.pop(future), future.exception()
            if error is None:
                failed.pop(cell.name, None)
                done.append(cell)
                continue
            if cell.name not in failed:
                waiting.append(cell)
            # Ray wraps what a worker raised.
            failed[cell.name] = getattr(error, "cause", None) or error


def _ready(waiting: Sequence[Cell], done: Sequence[Cell]) -> list[Cell]:
    names = {cell.name for cell in done}
    return [cell for cell in waiting if names.issuperset(cell.needs)]

"""How long it takes to see.

Where an observation has to be made (rays cast into a scene, points sampled of where
they hit) that is a part of every decision, and may be the greater one. It is timed as
decisions are, in turn with them, from an environment at the first start: physics is not
in it. A policy that looks at several observations has had the earlier ones since the
steps before; a new decision costs one:

    decisions a second = 1 / (p50 of deciding + p50 of sensing)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onehop_tasks import Start, Task

__all__ = ["senses"]


@contextmanager
def senses(task: Task, start: Start) -> Iterator[list[Callable[[], object]]]:
    """What makes the task's observation anew at a start; none, if nobody says how."""
    sensing = task.scene.sensing
    if sensing is None:
        yield []
        return
    env = task.scene.make()
    try:
        options = None if start.options is None else dict(start.options)
        env.reset(seed=start.seed, options=options)
        yield [lambda: sensing(env)]
    finally:
        env.close()

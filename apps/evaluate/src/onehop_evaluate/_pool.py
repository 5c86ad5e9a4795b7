"""Roll policies out by several processes.

A job is a share of a policy's starts. It reads the policy anew, from its checkpoint,
and keeps every episode as it ends: nothing but names and numbers goes to and fro, and
what an interrupt costs is the episodes under way. An episode is the same in every
process.

Others take jobs from the front; they need seconds to begin. This process takes what is
left from the end, and is at work meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass

import torch

from onehop_interfaces import Policy, naming, workers
from onehop_tasks import Start, Task

from ._kept import Kept
from ._latency import threads
from ._rollout import rollout

__all__ = ["SHARE", "WORTH_IT", "Job", "carry_out", "shares"]

WORTH_IT = 24
"""Episodes that a process must have to do, for it takes seconds to begin."""
SHARE = 12
"""Episodes of a job: enough to read a policy for, few enough to end together."""
LOOK_EVERY = 0.2
"""Time between two looks at what is done [s]."""


@dataclass(frozen=True)
class Job:
    """Episodes to run.

    Attributes:
        name: The policy's.
        policy: Gives it.
        task: Gives the task.
        starts: Where they begin.
        seed: Of the policy's noise.
        device: Where the policy computes.
        kept: Where they are kept.
    """

    name: str
    policy: Callable[[], Policy]
    task: Callable[[], Task]
    starts: Sequence[Start]
    seed: int
    device: torch.device
    kept: Kept

    def run(self, told: Callable[[], object] = lambda: None) -> None:
        """Run and keep them, on one thread; `told` is called after each.

        Raises:
            BadInput: as `rollout` does, with the policy's name.
        """
        policy, task = self.policy(), self.task()
        episodes = rollout(policy, task, self.starts, self.seed, self.device)
        with naming(self.name), threads(1):
            for start, record in episodes:
                self.kept.save(start, record)
                told()


def shares(starts: Sequence[Start], count: int) -> list[Sequence[Start]]:
    """The starts, dealt out to as many as `count`."""
    return [share for i in range(count) if (share := starts[i::count])]


def carry_out(jobs: Sequence[Job], count: int, told: Callable[[], object]) -> None:
    """Carry out jobs that can be sent, by this process and `count` - 1 others.

    Args:
        jobs: In order.
        count: How many processes, at least 2.
        told: Called from time to time.

    Raises:
        BadInput: as `Job.run` does, or if a process was ended.
    """
    with workers(count - 1) as pool:
        begun = [(job, pool.submit(job.run)) for job in jobs]
        for job, future in reversed(begun):
            if future.cancel():
                job.run(told)
        pending = {future for _, future in begun if not future.cancelled()}
        while pending:
            done, pending = wait(pending, LOOK_EVERY)
            told()
            for future in done:
                future.result()

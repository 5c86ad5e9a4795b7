"""Roll a policy out from many starts at once.

Episodes advance in lockstep: the policy decides once for all that run, each plays its
chunk, and so on; as one ends the next begins in its environment, for there are no more
environments at a time than the task allows.

The noise of a decision comes from a generator of its own on the CPU, seeded by (seed,
start, decision). An episode therefore does not depend on which others run beside it,
nor on the process it runs in, and two policies that begin with the same start begin
with the same noise.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 6 | https://arxiv.org/abs/2303.04137
    | SwiftPolicy, its tables of maximum and mean coverage over 50 episodes
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from onehop_interfaces import Policy, acting
from onehop_interfaces.history import stacked
from onehop_tasks import Outcome, Start, Task

from ._episode import Episode, Record

__all__ = ["Rollouts", "Window", "chance", "decide", "rollout", "windows"]

T = TypeVar("T", bound=np.floating[Any])

Window: TypeAlias = dict[str, NDArray[Any]]
"""Observations by name, (E, n_obs, ...)."""

LEAST_ROWS = 8
"""Of a decision, at the least: products of fewer rows add up in another order, and an
episode would know by its last bits that it runs alone."""


@dataclass(frozen=True, eq=False)
class Rollouts:
    """What came of E episodes of at most T steps.

    Attributes:
        metric: (E, T), what the task measures after each step; NaN after the end.
        agent: (E, T + 1, 2), the agent's position; NaN after the episode's end, and
            everywhere where a task is not planar.
        decisions: (E,), how often the policy decided.
        success: (E,), whether each reached the goal.
        mode: (E,), which way each went, -1 if that is not known.
    """

    metric: NDArray[np.float64]
    agent: NDArray[np.float32]
    decisions: NDArray[np.int64]
    success: NDArray[np.bool_]
    mode: NDArray[np.int64]

    @classmethod
    def of(cls, records: Iterable[Record], max_steps: int) -> Rollouts:
        """Episodes side by side."""
        records = list(records)
        return cls(
            metric=_padded([r.metric for r in records], max_steps),
            agent=_padded([r.agent for r in records], max_steps + 1),
            decisions=np.array([r.decisions for r in records]),
            success=np.array([r.success for r in records]),
            mode=np.array([r.mode for r in records]),
        )

    def outcome(self, outcome: Outcome) -> NDArray[np.float64]:
        """What each episode comes to, (E,)."""
        steps = zip(self.metric, self.steps, strict=True)
        return np.array([outcome.of(values[:n]) for values, n in steps])

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps each episode took, (E,)."""
        return np.asarray(np.isfinite(self.metric).sum(axis=1))

    @property
    def curves(self) -> NDArray[np.float64]:
        """The metric with its last value held after an episode's end, (E, T)."""
        last = np.minimum(np.arange(self.metric.shape[1]), self.steps[:, None] - 1)
        return np.take_along_axis(self.metric, last, axis=1)


def rollout(
    policy: Policy,
    task: Task,
    starts: Sequence[Start],
    seed: int,
    device: torch.device,
) -> Iterator[tuple[Start, Record]]:
    """Run one episode from each start; gives each as it ends.

    Args:
        policy: On `device`.
        task: What to run.
        starts: Where episodes begin.
        seed: Of the policy's noise.
        device: Where the policy computes.

    Raises:
        BadInput: if the policy refuses its observations, or gives actions that are
            not finite.
    """
    waiting, free = deque(starts), deque[Any]()
    made: list[Any] = []
    running: list[Episode] = []
    try:
        while waiting or running:
            while waiting and len(running) < task.scene.at_once:
                if not free:
                    made.append(task.scene.make())
                    free.append(made[-1])
                start, n_obs = waiting.popleft(), policy.signature.n_obs
                running.append(Episode(task, free.popleft(), start, n_obs))
            chunks = decide(policy, running, seed, device)
            for episode, chunk in zip(running, chunks, strict=True):
                episode.play(chunk)
            yield from ((e.start, e.record) for e in running if e.done)
            free += [e.env for e in running if e.done]
            running = [e for e in running if not e.done]
    finally:
        for env in made:
            env.close()


def windows(task: Task, starts: Sequence[Start], n_obs: int) -> Window:
    """What a policy sees at the starts, (E, n_obs, ...) by name."""
    env = task.scene.make()
    try:
        seen = [Episode(task, env, start, n_obs).window for start in starts]
    finally:
        env.close()
    return stacked(seen)


def chance(seed: int, episode: Episode) -> torch.Generator:
    """The source of noise of the episode's next decision."""
    of = random.Random(f"{seed}/{episode.start.seed}/{episode.decisions}")
    return torch.Generator().manual_seed(of.getrandbits(32))


def decide(
    policy: Policy, running: Sequence[Episode], seed: int, device: torch.device
) -> NDArray[np.float32]:
    """What is carried out next in each running episode, (E, n_action, A)."""
    rows = [*running, *[running[-1]] * (LEAST_ROWS - len(running))]
    seen = [episode.window for episode in rows]
    obs = {
        name: torch.from_numpy(np.stack([window[name] for window in seen])).to(device)
        for name in policy.signature.obs
    }
    actions = acting.decide(policy, obs, [chance(seed, episode) for episode in rows])
    due = policy.signature.due(actions[: len(running)])
    return np.asarray(due.cpu().numpy())


def _padded(rows: Sequence[NDArray[T]], length: int) -> NDArray[T]:
    """Rows (n_i, ...) as one array (E, length, ...), NaN where a row has ended."""
    first = rows[0]
    padded = np.full((len(rows), length, *first.shape[1:]), np.nan, first.dtype)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return padded

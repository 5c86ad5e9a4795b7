"""Roll a policy out from many starts at once.

All episodes advance in lockstep: the policy decides once for all that still run, each
plays its chunk, and so on. Of an episode of T steps with metric c_1, ..., c_T (the
coverage, for Push-T; the start itself does not count):

    maximum = max_i c_i                 the "max coverage" of the papers
    mean    = (c_1 + ... + c_T) / T     over the steps taken: an episode that reaches
                                        the goal ends there, and is not held there
    success = maximum > threshold       at any step
    score   = min(maximum / threshold, 1)   Diffusion Policy's episode score

The noise of a decision comes from a generator of its own on the CPU, seeded by (seed,
start, decision). An episode therefore does not depend on which others run beside it,
and two policies that begin with the same start begin with the same noise.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 6 | https://arxiv.org/abs/2303.04137
    | SwiftPolicy, its tables of maximum and mean coverage over 50 episodes
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from onehop_interfaces import Policy, acting

from ._episode import Episode
from ._starts import Start
from ._tasks import Task

__all__ = ["Rollouts", "chance", "decide", "rollout"]

T = TypeVar("T", bound=np.floating[Any])

LEAST_ROWS = 8
"""Of a decision, at the least: products of fewer rows add up in another order, and an
episode would know by its last bits that it runs alone."""


@dataclass(frozen=True, eq=False)
class Rollouts:
    """What came of E episodes of at most T steps.

    Attributes:
        metric: (E, T), the task's metric after each step; NaN after the episode's end.
        agent: (E, T + 1, 2), the agent's position; NaN after the episode's end.
        decisions: (E,), how often the policy decided.
        threshold: Above which an episode is a success.
    """

    metric: NDArray[np.float64]
    agent: NDArray[np.float32]
    decisions: NDArray[np.int64]
    threshold: float

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps each episode took, (E,)."""
        return np.asarray(np.isfinite(self.metric).sum(axis=1))

    @property
    def maximum(self) -> NDArray[np.float64]:
        """Greatest metric of each episode, (E,)."""
        return np.asarray(np.nanmax(self.metric, axis=1))

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean metric over the steps each episode took, (E,)."""
        return np.asarray(np.nanmean(self.metric, axis=1))

    @property
    def success(self) -> NDArray[np.bool_]:
        """Whether each episode passed the threshold, (E,)."""
        return self.maximum > self.threshold

    @property
    def score(self) -> NDArray[np.float64]:
        """Diffusion Policy's score of each episode, (E,)."""
        return np.minimum(self.maximum / self.threshold, 1.0)

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
    progress: Callable[[int], None] = lambda steps: None,
) -> Rollouts:
    """Run one episode from each start.

    Args:
        policy: On `device`.
        task: What to run.
        starts: E of them.
        seed: Of the policy's noise.
        device: Where the policy computes.
        progress: Told after every decision how many of the E max_steps steps are
            done with; an episode that ended is done with all of its own.

    Raises:
        BadInput: if the policy refuses its observations, or gives actions that are
            not finite.
    """
    episodes: list[Episode] = []
    try:
        for start in starts:
            episodes.append(Episode(task, start, policy.signature.n_obs))
        while running := [episode for episode in episodes if not episode.done]:
            chunks = decide(policy, running, seed, device)
            for episode, chunk in zip(running, chunks, strict=True):
                episode.play(chunk)
            progress(sum(_steps_done(episode) for episode in episodes))
    finally:
        for episode in episodes:
            episode.env.close()
    return Rollouts(
        metric=_padded([np.array(e.metric) for e in episodes], task.max_steps),
        agent=_padded([np.array(e.agent) for e in episodes], task.max_steps + 1),
        decisions=np.array([e.decisions for e in episodes]),
        threshold=task.threshold,
    )


def chance(seed: int, episode: Episode) -> torch.Generator:
    """The source of noise of the episode's next decision."""
    of = random.Random(f"{seed}/{episode.start.seed}/{episode.decisions}")
    return torch.Generator().manual_seed(of.getrandbits(32))


def decide(
    policy: Policy, running: Sequence[Episode], seed: int, device: torch.device
) -> NDArray[np.float32]:
    """What is carried out next in each running episode, (E, n_action, A)."""
    rows = [*running, *[running[-1]] * (LEAST_ROWS - len(running))]
    windows = np.stack([episode.window for episode in rows])
    obs = {running[0].task.obs: torch.from_numpy(windows).to(device)}
    actions = acting.decide(policy, obs, [chance(seed, episode) for episode in rows])
    due = policy.signature.due(actions[: len(running)])
    return np.asarray(due.cpu().numpy())


def _steps_done(episode: Episode) -> int:
    return episode.task.max_steps if episode.done else len(episode.metric)


def _padded(rows: Sequence[NDArray[T]], length: int) -> NDArray[T]:
    """Rows (n_i, ...) as one array (E, length, ...), NaN where a row has ended."""
    first = rows[0]
    padded = np.full((len(rows), length, *first.shape[1:]), np.nan, first.dtype)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return padded

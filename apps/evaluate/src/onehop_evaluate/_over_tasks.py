r"""Means over tasks, with 95 % intervals.

Task k = 1, ..., K has values (S, E) of training seeds and starts, with mean m_k; what
is told is m = (m_1 + ... + m_K) / K, every task alike. Tasks are taken for a draw of
tasks of their kind, so the interval is a bootstrap in two stages: K tasks are drawn
with replacement, and within each, anew for each time that it is drawn, its starts (and
its seeds, if there are several).

The means m_k differ by what the tasks are *and* by the few episodes of each. A
bootstrap that drew from them as they are would count the second part twice, once in
either stage, and its interval would be up to sqrt(2) times too wide. So the first stage
draws from means that lie closer together,

    m + c (m_k - m),   c^2 = max(B - W, 0) / B,

    B = sum_k (m_k - m)^2 / (K - 1)     variance of the means found
    W = the variance of a task's mean over its episodes, averaged over tasks

and the variance of what is resampled is max(B, W) / K: that of tasks drawn with all
their episodes, but never below that of episodes alone. Where all tasks are equally hard
that is the binomial's; where there is one task, W.

B is known from K tasks only: what is left of m_k - m is drawn out by the ratio of
Student's quantile of K - 1 degrees to the normal's (2.2 for three tasks, 1.03 for
fifty), and by sqrt(K / (K - 1)). Of 2000 draws of 3, 8, 20 and 50 tasks of 20 starts
the intervals covered the truth in 91, 93, 95 and 96 %.

Differences are paired per task and start: a difference's values are those of every
start. The ratio of two means, r = sum_k m_k / sum_k n_k, is linear in m - r n up to
terms of second order: its interval is that of the mean of m - r n, over the mean of n.

References:
    | Bootstrap Methods and Their Application (Davison and Hinkley, 1997), section 3.8,
    | on hierarchical data
    | Deep Reinforcement Learning at the Edge of the Statistical Precipice
    | (Agarwal et al., 2021) | https://arxiv.org/abs/2108.13264
    | resamples within tasks alone: its intervals are about those very tasks
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t  # type: ignore[import-untyped]

from ._statistics import LEVEL, RESAMPLES, Estimate, proportion

__all__ = ["Tasks", "mean_over_tasks", "ratio_over_tasks", "success_over_tasks"]

Tasks: TypeAlias = Sequence[NDArray[np.float64]]
"""Values of every task, each (S, E), seeds by starts."""

WITHIN = 1999
"""Resamples of a task's own mean, which those of all tasks are drawn from."""


def mean_over_tasks(tasks: Tasks) -> Estimate:
    """The mean over tasks of their means; of differences, if those are the values.

    The resampling is seeded: the same values give the same interval.
    """
    means = np.array([values.mean() for values in tasks])
    value, count = float(means.mean()), len(means)
    within = np.stack([_deviations(values) for values in tasks])
    rng = np.random.default_rng(0)
    drawn = rng.integers(count, size=(RESAMPLES, count))
    columns = rng.integers(WITHIN, size=(RESAMPLES, count))
    between = _between(means, float(within.var(axis=1).mean()))
    found = value + (between[drawn] + within[drawn, columns]).mean(axis=1)
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(found, [tail, 100 - tail])
    return Estimate(value, float(low), float(high))


def success_over_tasks(tasks: Tasks) -> Estimate:
    """The same of successes, 0 or 1, whose interval ends at 0 and at 1.

    Where all succeed, or none, there is nothing to resample: the interval is Wilson's
    of all starts together.
    """
    every = np.concatenate([values.mean(axis=0) for values in tasks])
    if every.min() == every.max() and every[0] in (0.0, 1.0):
        return proportion(every.astype(bool))
    value, low, high = mean_over_tasks(tasks)
    return Estimate(value, max(low, 0.0), min(high, 1.0))


def ratio_over_tasks(tasks: Tasks, reference: Tasks) -> Estimate | None:
    """The mean over tasks over the reference's, paired; None where the latter is 0.

    Args:
        tasks: Values.
        reference: Those of the same starts, (1, E) each, or (S, E).
    """
    below = float(np.mean([values.mean() for values in reference]))
    if below == 0:
        return None
    ratio = float(np.mean([values.mean() for values in tasks])) / below
    pairs = zip(tasks, reference, strict=True)
    _, low, high = mean_over_tasks([m - ratio * n for m, n in pairs])
    return Estimate(ratio, ratio + low / below, ratio + high / below)


def _between(means: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    """How far tasks lie from their mean, without the noise of their episodes."""
    count, found = len(means), means - means.mean()
    variance = float((found**2).sum()) / max(count - 1, 1)
    if variance <= noise:
        return np.zeros(count)
    tail = (1 + LEVEL) / 2
    stretched = t.ppf(tail, count - 1) / norm.ppf(tail)
    shrunk = np.sqrt((1 - noise / variance) * count / (count - 1))
    return np.asarray(found * shrunk * stretched)


def _deviations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A task's mean, resampled in seeds and starts, less the mean itself, (WITHIN,)."""
    rows, columns = _shares(*values.shape)
    means = ((rows @ values) * columns).sum(axis=1)
    return np.asarray(means - values.mean())


@lru_cache(maxsize=16)
def _shares(seeds: int, starts: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often every row and every column is drawn, as shares of all."""
    rng = np.random.default_rng(1)
    rows = rng.multinomial(seeds, np.full(seeds, 1 / seeds), WITHIN) / seeds
    columns = rng.multinomial(starts, np.full(starts, 1 / starts), WITHIN) / starts
    return rows, columns

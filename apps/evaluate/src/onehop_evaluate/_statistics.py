"""Estimates with 95 % intervals.

* A proportion (success): Wilson's score interval, which keeps its coverage near 0 and
  1, where the normal interval collapses.
* A mean over starts (coverage is skewed and bounded): the bias-corrected and
  accelerated bootstrap, resampling starts.
* Over several training seeds: values (S, E) of seeds and starts, and a bootstrap that
  resamples both, seeds and starts, each as a whole row or column: what another few
  seeds and other starts would have given. With three seeds their own spread is known
  roughly, and so is the interval.
* A difference of two policies: both ran from the same starts, so the estimate is the
  mean of the differences per start, and its bootstrap resamples starts, not episodes
  of each policy by itself. Starts that are hard for both then cancel out.

The intervals cover the draw of starts and the policies' own noise; they cover the
training of a policy only where there are several of it. The teacher's training they
never cover: there is one, and all students are its.

References:
    | Probable Inference, the Law of Succession, and Statistical Inference
    | (Wilson, 1927)
    | Better Bootstrap Confidence Intervals (Efron, 1987)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import (  # type: ignore[import-untyped]
    binomtest,
    bootstrap,
)

__all__ = ["LEVEL", "RESAMPLES", "Estimate", "mean", "paired_difference", "proportion"]

LEVEL = 0.95
"""Confidence level of every interval."""

RESAMPLES = 9999
"""Of the bootstrap; its own noise is then about 2 % of an interval's width."""


class Estimate(NamedTuple):
    """A number and its interval."""

    value: float
    low: float
    high: float


def proportion(success: NDArray[np.bool_]) -> Estimate:
    """The share of successes (E,) with Wilson's interval."""
    test = binomtest(int(success.sum()), len(success))
    interval = test.proportion_ci(LEVEL, method="wilson")
    return Estimate(float(success.mean()), float(interval.low), float(interval.high))


def mean(values: NDArray[np.float64]) -> Estimate:
    """The mean of values (E,) with E >= 2 and its BCa bootstrap interval.

    Of values (S, E), seeds by starts, S > 1, the percentile interval of a bootstrap
    over both. The resampling is seeded: the same values give the same interval. Equal
    values give an interval of width zero: there is nothing to resample.
    """
    values = np.squeeze(values)
    value = float(values.mean())
    if np.ptp(values) == 0:
        return Estimate(value, value, value)
    if values.ndim == 2:
        return Estimate(value, *_over_both(values))
    interval = bootstrap(
        (values,),
        np.mean,
        confidence_level=LEVEL,
        n_resamples=RESAMPLES,
        method="BCa",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high))


def _over_both(values: NDArray[np.float64]) -> tuple[float, float]:
    """The interval of the mean of values (S, E), resampled in rows and in columns.

    How often a row is drawn is multinomial, and so for columns: a resampled mean is
    the values between the two counts.
    """
    rng, (seeds, starts) = np.random.default_rng(0), values.shape
    rows = rng.multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES) / seeds
    columns = rng.multinomial(starts, np.full(starts, 1 / starts), RESAMPLES) / starts
    means = ((rows @ values) * columns).sum(axis=1)
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def paired_difference(
    values: NDArray[np.float64], reference: NDArray[np.float64]
) -> Estimate:
    """Mean of values - reference, from the same starts: (E,), or (S, E) and (1, E)."""
    return mean(values - reference)

"""Estimates with 95 % intervals: a share, and a mean difference of pairs.

A share has Wilson's interval, which keeps its coverage near 0 and 1. All policies are
given the same problems: the difference of two is the mean of the differences per
problem, with Student's interval for it. Problems that are hard for both cancel out.

References:
    | Probable Inference, the Law of Succession, and Statistical Inference
    | (Wilson, 1927)
    | The Probable Error of a Mean (Student, 1908)

Needs scipy: `pip install onehop-control[bench]`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, ttest_1samp  # type: ignore[import-untyped]

from ._contract import Array

__all__ = ["LEVEL", "Estimate", "paired_difference", "share"]

LEVEL = 0.95
"""Of every interval."""


class Estimate(NamedTuple):
    """A number and its interval; NaN where one value says nothing of it."""

    value: float
    low: float
    high: float


def share(holds: Array) -> Estimate:
    """Of how many (n,) something holds."""
    test = binomtest(int(holds.sum()), len(holds))
    interval = test.proportion_ci(LEVEL, method="wilson")
    return Estimate(float(holds.mean()), float(interval.low), float(interval.high))


def paired_difference(values: Array, reference: Array) -> Estimate:
    """Of values - reference, (n,) each, of the same problems: the mean."""
    d = values - reference
    mean = float(d.mean())
    if len(d) < 2:
        return Estimate(mean, np.nan, np.nan)
    if np.ptp(d) == 0:
        return Estimate(mean, mean, mean)
    interval = ttest_1samp(d, 0.0).confidence_interval(LEVEL)
    return Estimate(mean, float(interval.low), float(interval.high))

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from onehop_evaluate import Estimate, mean, paired_difference, proportion


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Newcombe (1998), table I, method 3 (the score interval).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_proportion_equals_published_intervals(k, n, low, high):
    estimate = proportion(np.arange(n) < k)
    assert_allclose(estimate, (k / n, low, high), atol=5e-5)


def test_proportion_of_all_successes_is_not_certain():
    n, z = 200, 1.959964
    estimate = proportion(np.ones(n, dtype=bool))
    assert_allclose(estimate, (1, n / (n + z**2), 1), atol=1e-6)


def test_mean_of_normal_values_is_near_the_t_interval():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    half = 1.9659 * values.std(ddof=1) / math.sqrt(400)
    estimate = mean(values)
    assert_allclose(estimate.value, values.mean())
    assert_allclose(
        estimate[1:], (values.mean() - half, values.mean() + half), atol=0.03
    )


def test_mean_of_equal_values_has_no_width():
    assert mean(np.full(5, 0.25)) == Estimate(0.25, 0.25, 0.25)


def test_mean_is_reproducible():
    values = np.random.default_rng(0).random(20)
    assert mean(values) == mean(values)


def test_intervals_cover_the_truth_as_often_as_they_say():
    # Beta(8, 1) is as skewed as coverage is. 300 trials: 3 standard errors are .038.
    rng = np.random.default_rng(0)
    trials = 300
    covered = 0
    for _ in range(trials):
        _, low, high = mean(rng.beta(8, 1, 60))
        covered += low <= 8 / 9 <= high
    assert abs(covered / trials - 0.95) < 0.05


def test_pairing_removes_what_starts_share():
    rng = np.random.default_rng(0)
    difficulty = rng.random(200)
    reference = difficulty + rng.normal(0, 0.01, 200)
    better = difficulty + 0.05 + rng.normal(0, 0.01, 200)
    value, low, high = paired_difference(better, reference)
    assert low < 0.05 < high
    assert_allclose(value, (better - reference).mean())
    unpaired = mean(better).high - mean(better).low
    assert high - low < unpaired / 10


def test_seeds_and_starts_are_both_resampled():
    """Of a + b_s + c_e + d_se the mean's variance is known; the interval covers it."""
    draw = np.random.default_rng(0)
    truth, covered, widths = 0.3, 0, []
    for _ in range(60):
        seeds, starts = draw.normal(0, 0.1, (8, 1)), draw.normal(0, 0.3, (1, 40))
        values = truth + seeds + starts + draw.normal(0, 0.3, (8, 40))
        estimate = mean(values)
        assert estimate.value == pytest.approx(values.mean())
        covered += estimate.low <= truth <= estimate.high
        widths.append(estimate.high - estimate.low)
    # Eight seeds know their own spread to a quarter: a little short of .95.
    assert covered / 60 >= 0.8
    expected = 2 * 1.96 * np.sqrt(0.1**2 / 8 + 0.3**2 / 40 + 0.3**2 / 320)
    assert np.mean(widths) == pytest.approx(expected, rel=0.12)


def test_one_seed_is_as_none():
    values = np.random.default_rng(0).random(50)
    assert mean(values[None]) == mean(values)
    assert paired_difference(values[None], 0 * values[None]) == mean(values)

"""Means over tasks, against closed forms and against draws whose truth is known."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import onehop_evaluate._over_tasks as module
from onehop_evaluate import (
    mean,
    mean_over_tasks,
    ratio_over_tasks,
    success_over_tasks,
)

Z = 1.959964


@pytest.fixture
def quick(monkeypatch) -> None:
    """A tenth of the resamples, where an interval is made hundreds of times."""
    monkeypatch.setattr(module, "RESAMPLES", 999)


def successes(draw, chances, starts=20, seeds=1):
    """Episodes of a task of each of these chances."""
    return [1.0 * (draw.random((seeds, starts)) < p) for p in chances]


def width(estimate) -> float:
    return estimate.high - estimate.low


def test_of_equal_tasks_the_interval_is_the_binomial_s(quick):
    """Drawing tasks and episodes naively would be sqrt(2) times as wide."""
    draw = np.random.default_rng(0)
    widths = [width(success_over_tasks(successes(draw, [0.7] * 50))) for _ in range(30)]
    expected = 2 * Z * math.sqrt(0.7 * 0.3 / (50 * 20))
    assert np.mean(widths) == pytest.approx(expected, rel=0.1)


def test_of_tasks_without_noise_it_is_student_s():
    """Every start of a task the same: all that is left is how tasks differ."""
    means = np.random.default_rng(0).normal(0.5, 0.1, 40)
    estimate = mean_over_tasks([np.full((1, 5), m) for m in means])
    half = 2.0227 * means.std(ddof=1) / math.sqrt(40)
    assert estimate.value == pytest.approx(means.mean())
    assert_allclose(width(estimate), 2 * half, rtol=0.05)


def test_of_one_task_it_is_that_task_s():
    values = np.random.default_rng(0).random(60)
    assert_allclose(mean_over_tasks([values[None]]), mean(values), atol=0.01)


def test_every_task_counts_alike():
    tasks = [np.zeros((1, 1000)), np.ones((1, 2))]
    assert mean_over_tasks(tasks).value == 0.5


@pytest.mark.parametrize(
    ("tasks", "seeds", "a", "b"), [(50, 1, 2, 1), (8, 1, 4, 2), (12, 3, 3, 3)]
)
def test_it_covers_the_mean_of_all_tasks_of_the_kind(tasks, seeds, a, b, quick):
    """Chances drawn by Beta(a, b): 200 trials, of which 95 % +- 4.6 (3 errors)."""
    draw, trials, covered = np.random.default_rng(1), 200, 0
    for _ in range(trials):
        found = successes(draw, draw.beta(a, b, tasks), seeds=seeds)
        _, low, high = success_over_tasks(found)
        covered += low <= a / (a + b) <= high
    assert covered / trials == pytest.approx(0.95, abs=0.046)


def test_pairing_removes_what_tasks_and_starts_share():
    draw = np.random.default_rng(0)
    hard = [p + draw.normal(0, 0.2, (1, 20)) for p in draw.random(50)]
    better = [v + 0.05 + draw.normal(0, 0.01, v.shape) for v in hard]
    pairs = zip(better, hard, strict=True)
    value, low, high = mean_over_tasks([m - n for m, n in pairs])
    assert low < 0.05 < high
    assert high - low < width(mean_over_tasks(better)) / 20
    assert value == pytest.approx(0.05, abs=0.002)


def test_a_ratio_is_of_the_means_and_covers_the_truth(quick):
    """Students keep .8 of chances drawn by Beta(4, 2), which differ by the task."""
    draw, trials, covered = np.random.default_rng(2), 200, 0
    for _ in range(trials):
        chances = draw.beta(4, 2, 30)
        teacher = successes(draw, chances)
        # The share kept varies by the task, the same in the mean.
        kept = draw.uniform(0.6, 1.0, 30)
        student = successes(draw, chances * kept)
        estimate = ratio_over_tasks(student, teacher)
        covered += estimate.low <= 0.8 <= estimate.high
    assert estimate.value == pytest.approx(np.mean(student) / np.mean(teacher))
    assert covered / trials == pytest.approx(0.95, abs=0.046)


def test_nothing_kept_of_nothing():
    zeros, ones = [np.zeros((1, 4))] * 2, [np.ones((1, 4))] * 2
    assert ratio_over_tasks(ones, zeros) is None
    assert ratio_over_tasks(ones, ones) == (1.0, 1.0, 1.0)


def test_all_successes_are_not_certain():
    n = 3 * 20
    estimate = success_over_tasks([np.ones((2, 20))] * 3)
    assert_allclose(estimate, (1, n / (n + Z**2), 1), atol=1e-6)


def test_intervals_of_successes_are_shares():
    draw = np.random.default_rng(0)
    _, low, high = success_over_tasks(successes(draw, [1.0, 1.0, 0.3]))
    assert (low >= 0, high) == (True, 1.0)


def test_the_same_values_give_the_same_interval():
    tasks = successes(np.random.default_rng(0), [0.2, 0.7, 0.9])
    assert mean_over_tasks(tasks) == mean_over_tasks(tasks)

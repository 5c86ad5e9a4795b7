"""What is measured of policies, under which conditions, and what is drawn of it."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

import onehop_evaluate._evaluation as module
import onehop_evaluate._figures as figures
import onehop_evaluate._report as report
from onehop_evaluate import Conditions, Entry, Modes, Rollouts, Start, evaluate


def no_bar(name: str, total: int):
    return lambda done: None


@pytest.fixture
def conditions(walk, cpu) -> Conditions:
    """Four starts, at x = 0, 1, 2, 3."""
    starts = tuple(Start(seed) for seed in range(4))
    return Conditions(walk, starts, "test", 0, cpu, latency_rounds=1)


@pytest.fixture
def noisy(scripted):
    """A policy whose noise is as large as its x, and that notes its threads."""

    class Noisy(scripted):
        def __init__(self, *how) -> None:
            super().__init__(*how)
            self.threads: list[int] = []

        def act(self, obs, noise):
            self.threads.append(torch.get_num_threads())
            return super().act(obs, noise) + obs["position"][:, -1:, :1] * noise

    return Noisy


def entry(name: str, policy, student: bool = False) -> Entry:
    return Entry(name, policy, policy, student, name, {})


def test_each_is_rolled_out_by_default_threads_and_timed_by_one(
    noisy, conditions, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "DEFAULT_THREADS", 2)
    policies = [noisy(), noisy()]
    entries = [entry(f"{i}", policy) for i, policy in enumerate(policies)]
    rows = evaluate(entries, conditions, tmp_path, no_bar)
    for row, policy in zip(rows, policies, strict=True):
        measured = row.measured
        assert (measured.one_thread.threads, measured.default_threads.threads) == (1, 2)
        together = [len(window) > 1 for window in policy.seen]
        assert policy.threads[together.index(True)] == 2
        assert {1, 2} <= set(policy.threads)


def test_spread_is_over_the_starts(noisy, conditions, tmp_path):
    """The root mean square of noises of 0, 1, 2 and 3."""
    policies = [entry("a", noisy()), entry("b", noisy())]
    row, _ = evaluate(policies, conditions, tmp_path, no_bar)
    # 3 x 15 free draws of 8 numbers: a standard error of at most 6 %.
    assert row.measured.spread == pytest.approx(np.sqrt(14 / 4), rel=0.2)


def episodes(maxima) -> Rollouts:
    metric = np.array([[m / 2, m] for m in maxima])
    agent = np.tile(np.arange(float(len(maxima)))[:, None, None], (1, 3, 2))
    return Rollouts(metric, agent.astype(np.float32), np.ones(len(maxima), int), 0.95)


@pytest.fixture
def rows(noisy, conditions, tmp_path, monkeypatch):
    """A teacher that solves starts 0 and 1, a student that solves 1 and 2."""
    found = {"teacher": [1, 1, 0.1, 0.2], "student": [0.1, 1, 1, 0.3]}
    entries = [entry(name, noisy(), name == "student") for name in found]
    maxima = {id(e.policy): found[e.name] for e in entries}
    monkeypatch.setattr(
        module, "rollout", lambda policy, *rest: episodes(maxima[id(policy)])
    )
    return evaluate(entries, conditions, tmp_path / "kept", no_bar)


def test_entropy_is_over_successes(rows, conditions):
    """Every start has a mode of its own: two of four are solved, four were tried."""
    modes = Modes(4, lambda path: int(path[0, 0]))
    for row in module.rows_of([row.measured for row in rows], modes):
        assert row.entropy.value == pytest.approx(0.5)
        assert row.entropy_of_all.value == pytest.approx(1.0)


def test_the_race_is_run_where_both_get_there(rows, conditions, monkeypatch):
    def record(row, task, start, *rest):
        return row.name, start.seed

    monkeypatch.setattr(report, "record", record)
    teacher, student = rows
    assert report._race(teacher, student, conditions) == [
        ("teacher", 1),
        ("student", 1),
    ]


def test_curves_show_the_mean_and_its_interval(rows, walk, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, "save", lambda figure, path: drawn.append(figure))
    figures.curves(rows, walk, None)
    (axes,) = drawn[0].axes
    last = np.array([0.1, 1, 1, 0.3])
    _, line = axes.lines[:2]
    band = axes.collections[1].get_paths()[0].vertices
    half = 1.96 * last.std(ddof=1) / 2
    assert_allclose(line.get_ydata(), [last.mean() / 2, last.mean()])
    at_the_end = band[band[:, 0] == 2, 1]
    assert_allclose(
        [at_the_end.min(), at_the_end.max()], [last.mean() - half, last.mean() + half]
    )

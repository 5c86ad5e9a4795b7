"""What is measured of policies, under which conditions, and what is drawn of it."""

import dataclasses

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

import onehop_evaluate._evaluation as module
import onehop_evaluate._figures as figures
import onehop_evaluate._report as report
from onehop_evaluate import Conditions, Entry, Role, Rollouts, Use, evaluate
from onehop_evaluate._latency import BLOCK, WARM_UP
from onehop_tasks import Start


def no_bar(name: str, total: int):
    return lambda done: None


@pytest.fixture
def conditions(walk, cpu) -> Conditions:
    """Four starts, at x = 0, 1, 2, 3."""
    starts = tuple(Start(seed) for seed in range(4))
    return Conditions(walk, starts, "test", 0, Use(cpu), latency_rounds=1)


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


def entry(name: str, policy, role: Role = Role.FULL) -> Entry:
    return Entry(name, policy, policy, role, name, {}, lambda: policy)


def test_decisions_are_timed_by_one_thread_and_by_the_default(
    noisy, conditions, tmp_path, monkeypatch
):
    """Episodes are rolled out by one: they are the same on every machine's cores."""
    monkeypatch.setattr(module, "DEFAULT_THREADS", 2)
    policies = [noisy(), noisy()]
    groups = {f"{i}": [entry(f"{i}", policy)] for i, policy in enumerate(policies)}
    rows = evaluate(groups, conditions, tmp_path, no_bar)
    for row, policy in zip(rows, policies, strict=True):
        timed = row.timed
        assert (timed.one_thread.threads, timed.default_threads.threads) == (1, 2)
        together = [len(window) > 1 for window in policy.seen]
        assert policy.threads[together.index(True)] == 1
        assert {1, 2} <= set(policy.threads)


def test_what_sees_is_timed_from_the_first_start_in_turn(
    noisy, conditions, tmp_path, monkeypatch
):
    """By one thread, and physics stands still meanwhile."""
    seen = []

    def sense(env):
        position = env.unwrapped.position
        seen.append((tuple(position.tolist()), torch.get_num_threads()))

    monkeypatch.setattr(module, "DEFAULT_THREADS", 2)
    scene = dataclasses.replace(conditions.task.scene, sensing=sense)
    task = dataclasses.replace(conditions.task, scene=scene)
    groups = {name: [entry(name, noisy())] for name in "ab"}
    starts = conditions.starts[2:]
    conditions = dataclasses.replace(conditions, task=task, starts=starts)
    for row in evaluate(groups, conditions, tmp_path, no_bar):
        assert len(row.timed.sensing.seconds) == BLOCK
        assert row.timed.sensing.threads == 1
    assert seen == [((2.0, 2.0), 1)] * (WARM_UP + BLOCK)


def test_spread_is_over_the_starts(noisy, conditions, tmp_path):
    """The root mean square of noises of 0, 1, 2 and 3."""
    groups = {name: [entry(name, noisy())] for name in "ab"}
    row, _ = evaluate(groups, conditions, tmp_path, no_bar)
    # 3 x 15 free draws of 8 numbers: a standard error of at most 6 %.
    assert row.spread == pytest.approx(np.sqrt(14 / 4), rel=0.2)
    assert row.spread_share == 1.0


def test_seeds_are_rolled_out_each_and_timed_once(noisy, conditions, tmp_path):
    seeds = [entry(f"A {i}", noisy(), Role.STUDENT) for i in range(2)]
    groups = {"teacher": [entry("teacher", noisy())], "A": seeds}
    _, row = evaluate(groups, conditions, tmp_path, no_bar)
    assert [m.entry.name for m in row.seeds] == ["A 0", "A 1"]
    timed = [[len(w) == 1 for w in e.policy.seen].count(True) for e in seeds]
    assert timed[0] > timed[1] == 0


def test_episodes_are_run_once(noisy, conditions, tmp_path):
    first, again, more = noisy(), noisy(), noisy()
    roll_out = module.roll_out
    found = roll_out([entry("a", first)], conditions, tmp_path, no_bar)
    read = roll_out([entry("a", again)], conditions, tmp_path, no_bar)
    assert_allclose(read[0].metric, found[0].metric)
    assert (len(first.seen) > 0, again.seen) == (True, [])
    starts = [*conditions.starts, Start(7)]
    conditions = dataclasses.replace(conditions, starts=starts)
    longer = roll_out([entry("a", more)], conditions, tmp_path, no_bar)
    assert_allclose(longer[0].metric[:4], found[0].metric)
    assert set(more.seen[0][:, -1, 1].tolist()) == {7.0}


def episodes(maxima) -> Rollouts:
    metric = np.array([[m / 2, m] for m in maxima])
    agent = np.zeros((len(maxima), 3, 2), np.float32)
    success, mode = np.array(maxima) > 0.95, np.arange(len(maxima))
    return Rollouts(metric, agent, np.ones(len(maxima), int), success, mode)


@pytest.fixture
def rows(noisy, conditions, tmp_path, monkeypatch):
    """A teacher that solves starts 0 and 1, a student that solves 1 and 2."""
    found = {"teacher": [1, 1, 0.1, 0.2], "student": [0.1, 1, 1, 0.3]}
    roles = {"teacher": Role.FULL, "student": Role.STUDENT}
    groups = {name: [entry(name, noisy(), roles[name])] for name in found}
    monkeypatch.setattr(
        module, "roll_out", lambda *rest: [episodes(m) for m in found.values()]
    )
    conditions = dataclasses.replace(
        conditions, task=dataclasses.replace(conditions.task, modes=4)
    )
    return evaluate(groups, conditions, tmp_path / "kept", no_bar)


def test_entropy_is_over_successes(rows):
    """Every start has a mode of its own: two of four are solved, four were tried."""
    for row in rows:
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

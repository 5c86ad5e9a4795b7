"""Rows: what seeds, starts and the teacher's ways make of episodes, by hand."""

import dataclasses

import numpy as np
import pytest
import torch

from onehop_evaluate import (
    Cost,
    Entry,
    Latency,
    Measured,
    Role,
    Rollouts,
    Row,
    Timed,
    rows_of,
)
from onehop_interfaces import Signature


class Policy(torch.nn.Module):
    """One that is never asked."""

    def __init__(self, nfe: int) -> None:
        super().__init__()
        self.nfe = nfe
        self.signature = Signature({"state": (4,)}, 1, 2, 1, 2)


def measured(name, maxima, role, spread=1.0, seconds=None, modes=None) -> Measured:
    """Episodes of these maxima; more than .95 is a success."""
    metric = np.array([[m / 2, m] for m in maxima])
    n = len(maxima)
    agent = np.zeros((n, 3, 2), np.float32)
    mode = np.array(modes or [0] * n)
    success = np.array(maxima) > 0.95
    rollouts = Rollouts(metric, agent, np.ones(n, int), success, mode)
    costs = {"seconds": seconds, "teacher_evaluations": 10 * (seconds or 0)}
    notes = {} if seconds is None else {"metrics": costs}
    policy = Policy(1)
    entry = Entry(name, policy, policy, role, name, notes, lambda: policy)
    return Measured(entry, rollouts, spread)


def timed(milliseconds: float) -> Timed:
    latency = Latency(np.full(10, milliseconds * 1e-3), 1)
    return Timed(latency, latency, Cost(1234, 5_600_000))


@pytest.fixture
def groups():
    """Success .75, .5 and .25 of the teacher, .25 and .75 of A's seeds, 1 of B's."""
    student = Role.STUDENT
    a = [
        measured("A 0", [1, 0.1, 0.1, 0.1], student, 1.0, 10.0, [1, 1, 1, 1]),
        measured("A 1", [1, 1, 1, 0.2], student, 3.0, 30.0, [0, 1, 0, 1]),
    ]
    b = [measured(f"B {i}", [1, 1, 1, 1], student, seconds=1.0) for i in range(2)]
    return [
        ("DDPM-100", [measured("", [1, 1, 1, 0.5], Role.FULL, 4.0)], timed(100)),
        ("DDIM-10", [measured("", [1, 1, 0.5, 0.5], Role.FEW)], timed(10)),
        ("DDIM-1", [measured("", [1, 0.5, 0.5, 0.5], Role.ONE)], timed(1)),
        ("A", a, timed(1)),
        ("B", b, timed(2)),
    ]


@pytest.fixture
def rows(groups, walk) -> dict[str, Row]:
    return {row.name: row for row in rows_of(groups, walk)}


def test_values_are_means_over_seeds_and_starts(rows):
    a = rows["A"]
    assert a.success.value == pytest.approx(0.5)
    assert a.success_of_seeds == (0.25, 0.75)
    assert a.outcome.value == pytest.approx((1.3 + 3.2) / 8)
    assert a.others[0].value == pytest.approx(0.75 * a.outcome.value)
    assert a.worst == pytest.approx(1.3 / 4)
    everything = [1, 0.1, 0.1, 0.1, 1, 1, 1, 0.2]
    assert a.deviation == pytest.approx(np.std(everything))
    assert (a.spread, a.spread_share) == (2.0, 0.5)
    assert (a.seconds, a.teacher_evaluations) == (20.0, 200.0)
    assert rows["DDIM-1"].seconds is None


def test_differences_are_to_the_teachers_ways(rows):
    a, b = rows["A"], rows["B"]
    assert a.success_to_few.value == pytest.approx(0.0)
    assert a.success_to_one.value == pytest.approx(0.25)
    assert rows["DDPM-100"].success_to_few.value == pytest.approx(0.25)
    assert b.versus_one.value == pytest.approx(1 - 2.5 / 4)
    assert b.versus_full.value == pytest.approx(1 - 3.5 / 4)
    assert rows["DDPM-100"].versus_full is None
    assert rows["DDIM-10"].success_to_few is None
    assert rows["DDIM-1"].success_to_one is rows["DDIM-1"].versus_one is None


def test_roles_say_who_is_compared_with_not_places(groups, walk):
    """Without its single step in the table nobody is compared with it."""
    by_name = {name: (name, *rest) for name, *rest in groups}
    rows = rows_of([by_name["DDPM-100"], by_name["B"], by_name["DDIM-10"]], walk)
    assert rows[1].versus_one is rows[1].success_to_one is None
    assert rows[1].success_to_few.value == pytest.approx(0.5)


def test_speed_is_the_first_row_s_time_over_a_row_s(rows):
    assert [row.speed_up for row in rows.values()] == pytest.approx(
        [1, 10, 100, 100, 50]
    )


def test_one_seed_has_wilson_s_interval(rows):
    """3 of 4: .301 to .954 (Wilson), where the bootstrap has another."""
    success = rows["DDPM-100"].success
    assert success[1:] == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_seeds_that_each_have_one_way_are_not_diverse_together(groups, walk):
    *_, a, _ = rows_of(groups, dataclasses.replace(walk, modes=2))
    # Of successes: the first seed has 1, the second 0, 1, 0.
    of_second = -(2 / 3 * np.log2(2 / 3) + 1 / 3 * np.log2(1 / 3))
    assert a.entropy.value == pytest.approx(of_second / 2)
    assert a.entropy_of_all.value == pytest.approx(0.5)
    assert rows_of(groups, walk)[0].entropy is None

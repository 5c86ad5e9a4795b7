"""Scores by hand, and what is chosen whatever the candidates are."""

import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onehop_control import Hand, Situation, Weights, choose, scores
from onehop_control._candidates import mean_apart, shifted
from onehop_control._score import clearances
from onehop_kinova_driver import Box, Scene, Sphere, Workspace

SCENE = Scene((Sphere((0.5, 0.0, 0.3), 0.1),))
BALL = Hand(np.zeros((1, 3)), np.array([0.05]))
THERE = Situation((0.5, 0.3, 0.3), SCENE, BALL, Workspace())
ROWS = 32


def line(start, end):
    return np.linspace(start, end, ROWS)


def test_each_term_is_what_the_formula_says():
    past = line((0.5, -0.2, 0.3), (0.5, 0.2, 0.3))[None]
    above = line((0.5, 0.2, 0.42), (0.5, 0.2, 0.42))[None]
    last = above[0] + [0.0, 0.0, 0.03]

    def value(plans, **weights):
        off = dict.fromkeys(("near", "goal", "effort", "switch"), 0.0)
        given = Weights(**{**off, **weights})
        return scores(plans, last, THERE.goal, SCENE, BALL, given)[0]

    step = 0.4 / 31
    nearest = step / 2 - 0.1  # rows lie half a step beside the middle
    assert value(past, near=1.0) == pytest.approx(-(0.06 - (nearest - 0.05)))
    assert value(past, goal=1.0) == pytest.approx(-0.1)
    assert value(past, effort=1.0) == pytest.approx(-31 * step**2)
    assert value(above, switch=1.0) == pytest.approx(-(0.03**2))
    # (0, 0.2, 0.12) from the centre of a ball of 0.1, less the tool's 0.05
    clear = np.hypot(0.2, 0.12) - 0.15
    assert value(above, near=1.0, margin=0.1) == pytest.approx(-(0.1 - clear))
    assert value(above, near=1.0) == 0


def test_the_hand_counts_where_the_tool_is_clear():
    """A wrist 0.15 m behind the tool would meet what the tool has passed."""
    wrist = Hand(np.array([[0.0, 0.0, 0.0], [-0.15, 0.0, 0.0]]), np.array([0.05, 0.07]))
    plan = line((0.65, -0.2, 0.3), (0.65, 0.2, 0.3))[None]
    rows = np.abs(plan[0, ::4, 1]).min()
    assert clearances(plan, SCENE, wrist) == pytest.approx(rows - 0.1 - 0.07)
    assert clearances(plan, SCENE, BALL) == pytest.approx(
        np.hypot(0.15, rows) - 0.1 - 0.05
    )


def test_what_goes_round_is_chosen_before_what_goes_through():
    through = line((0.5, -0.2, 0.3), (0.5, 0.3, 0.3))
    bow = np.zeros((ROWS, 3))
    bow[:, 2] = 0.26 * np.sin(np.linspace(0, np.pi, ROWS))
    found = choose(np.stack([through, through + bow]), None, THERE, Weights())
    assert found.number == 1


def test_it_stays_on_the_side_that_it_is_on():
    bow = np.zeros((ROWS, 3))
    bow[:, 2] = 0.2 * np.sin(np.linspace(0, np.pi, ROWS))
    straight = line((0.5, -0.2, 0.3), (0.5, 0.3, 0.3))
    over, under = straight + bow, straight - bow
    there = THERE._replace(scene=Scene((Sphere((0.5, 0.0, 0.302), 0.1),)))
    both = np.stack([over, under])
    free = choose(both, None, there, Weights(effort=0.0))
    assert free.number == 1  # the ball lies a little above the middle
    assert choose(both, over, there, Weights(effort=0.0)).number == 0


numbers = st.floats(-1, 1) | st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e30])
plans = arrays(
    np.float64, st.tuples(st.integers(1, 5), st.just(4), st.just(3)), elements=numbers
)


@settings(max_examples=60, deadline=None)
@given(plans, st.booleans())
def test_whatever_the_candidates_are(candidates, held):
    last = np.full((4, 3), 0.3) if held else None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = choose(candidates, last, THERE, Weights())
        again = choose(candidates.copy(), last, THERE, Weights())
    low, high = THERE.box.low, THERE.box.high
    good = [
        np.isfinite(p).all()
        and (abs(p) <= 10).all()
        and (p[0] >= low).all()
        and (p[0] <= high).all()
        for p in candidates
    ]
    assert (found is None) == (not any(good))
    if found is not None:
        assert good[found.number]
        np.testing.assert_array_equal(found.plan, candidates[found.number])
        assert found.number == again.number
        assert found.scores[found.number] == found.scores.max()
        assert (np.isfinite(found.scores) == good).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_shifting_is_done_once_or_twice_alike(a, b):
    plan = np.random.default_rng(0).standard_normal((ROWS, 3))
    both = shifted(shifted(plan, a), b)
    np.testing.assert_array_equal(both, shifted(plan, a + b))
    np.testing.assert_array_equal(shifted(plan, 1)[:-1], plan[1:])
    np.testing.assert_array_equal(shifted(plan, 1)[-1], plan[-1])


def test_how_far_apart():
    plan = np.zeros((ROWS, 3))
    assert mean_apart(plan, plan + np.array([0.03, 0.04, 0.0])) == pytest.approx(0.05)


def test_what_it_costs():
    """1 ms is meant, on a quiet core; ten times that is held on any."""
    rng = np.random.default_rng(0)
    scene = Scene(
        (Sphere((0.5, 0.0, 0.3), 0.05), Sphere((0.4, 0.1, 0.3), 0.05)),
        (Box((0.5, 0.1, 0.1), (0.05, 0.05, 0.1)),),
    )
    many = rng.uniform(0.2, 0.5, (65, ROWS, 3))
    took = []
    for _ in range(20):
        begun = time.perf_counter()
        choose(many, many[0], THERE._replace(scene=scene), Weights())
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.01

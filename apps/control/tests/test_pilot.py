"""The last plan: a candidate while it is fresh, what switches are counted against."""

import numpy as np
import pytest

from onehop_control import Hand, Pilot, Situation
from onehop_control._problem import at_start
from onehop_kinova_driver import Scene, Workspace


@pytest.fixture
def state(free):
    return at_start(free)


BALL = Hand(np.zeros((1, 3)), np.array([0.05]))


def towards(end, rows=32):
    """Proposes a plan from the tool to there."""
    return lambda state, k: np.linspace(state.pos, end, rows)[None]


def pilot(propose, goal=(0.5, 0.3, 0.3)):
    there = Situation(goal, Scene(), BALL, Workspace())
    return Pilot(propose, there)


def test_row_0_is_sent_and_the_last_plan_is_a_candidate_again(state):
    asked = []

    def propose(state, k):
        asked.append(k)
        return towards((0.5, 0.3, 0.3))(state, k)

    made = pilot(propose)
    first = made.decide(state)
    assert first.target == tuple(first.plan[0])
    assert len(first.scores) == 1
    assert len(made.decide(state._replace(t=0.05)).scores) == 2
    assert len(made.decide(state._replace(t=0.4)).scores) == 1  # not fresh any more
    made.forget()
    assert len(made.decide(state).scores) == 1
    assert asked == [0, 1, 2, 0]


def test_a_switch_is_a_plan_that_goes_another_way(state):
    ends = iter([(0.5, 0.3, 0.3), (0.5, 0.31, 0.3), (0.5, -0.3, 0.3), (0.5, -0.3, 0.3)])
    made = pilot(lambda state, k: towards(next(ends))(state, k))
    switched = [made.decide(state._replace(t=0.35 * i)).switched for i in range(4)]
    assert switched[0] is False
    assert switched[2] is True


def test_a_plan_is_not_chosen_for_ever(state):
    """One that stands still, at the goal's side of what is new: six times, no more."""
    ends = iter([(0.5, 0.3, 0.3)] + [(0.5, 0.1, 0.3)] * 20)
    made = pilot(lambda state, k: towards(next(ends))(state, k))
    chosen = [made.decide(state._replace(t=0.05 * i)).chosen for i in range(9)]
    assert chosen[:8] == [0, 1, 1, 1, 1, 1, 1, 0]


def test_nothing_is_sent_of_what_is_no_number(state):
    made = pilot(lambda state, k: np.full((3, 32, 3), np.nan))
    assert made.decide(state) is None

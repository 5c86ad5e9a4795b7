"""What proposes: straight on, along a path, a policy's samples."""

import numpy as np
import pytest

from onehop_control._contract import SEES, check_signature
from onehop_control._observation import check_obstacles, seen
from onehop_control._planned import Planned
from onehop_control._problem import at_start
from onehop_control._sampled import Sampled
from onehop_control._straight import Straight
from onehop_interfaces import BadInput, Signature
from onehop_kinova_driver import Box, Scene, Sphere


@pytest.fixture
def state(free):
    return at_start(free)


def test_straight_on_is_as_fast_as_said_and_ends_at_the_goal(state):
    x, y, z = state.pos
    (plan,) = Straight((x, y + 0.1, z), speed=0.08)(state, 0)
    steps = np.diff(plan[:, 1])
    assert plan[0] == pytest.approx((x, y + 0.08 * 0.15, z))
    assert steps[:21] == pytest.approx(0.004)
    assert plan[-1] == pytest.approx((x, y + 0.1, z))
    (there,) = Straight((x, y, z))(state, 0)
    np.testing.assert_array_equal(there, np.tile(state.pos, (32, 1)))


def test_a_path_is_followed_by_where_the_tool_is(state):
    t = np.linspace(0, 1, 101)
    path = np.stack([np.cos(t), np.sin(t), 0 * t], 1)
    planned = Planned(path)
    (plan,) = planned(state._replace(pos=tuple(path[7] * 1.01)), 0)
    np.testing.assert_array_equal(plan, path[10:42])
    (plan,) = planned(state._replace(pos=tuple(path[3])), 1)  # it never goes back
    np.testing.assert_array_equal(plan, path[10:42])
    for at in range(10, 101, 10):
        (plan,) = planned(state._replace(pos=tuple(path[at])), 1)
    np.testing.assert_array_equal(plan, np.tile(path[-1], (32, 1)))
    (plan,) = planned(state._replace(pos=tuple(path[3])), 0)
    np.testing.assert_array_equal(plan, path[6:38])


def test_what_a_policy_sees(state, free):
    frame = seen(state, free.goal, free.scene)
    assert {name: value.shape[2:] for name, value in frame.items()} == SEES
    assert all(value.shape[:2] == (1, 1) for value in frame.values())
    assert frame["position"][0, 0] == pytest.approx(state.pos, abs=1e-6)
    assert frame["goal"][0, 0] == pytest.approx(free.goal)
    assert frame["obstacles"][0, 0, 0, :3] == pytest.approx(
        free.scene.spheres[0].centre
    )


def test_other_obstacles_are_not_what_policies_see():
    scene = Scene((Sphere((0.5, 0.0, 0.3), 0.1),), (Box((1, 1, 1), (1, 1, 1)),) * 2)
    with pytest.raises(BadInput, match=r"expected 2 spheres and 1 box.*got 1 and 2"):
        check_obstacles(scene)


def test_samples_are_the_seeds_and_the_decisions(state, free, fan):
    def made(seed, n=8):
        return Sampled(fan, free.goal, free.scene, n, seed)

    plans = made(3)(state, 5)
    assert plans.shape == (8, 32, 3)
    np.testing.assert_array_equal(plans, made(3)(state, 5))
    assert (plans != made(3)(state, 6)).any()
    assert (plans != made(4)(state, 5)).any()
    assert np.ptp(plans[:, 10], axis=0).max() > 1e-4


def test_a_teachers_first_chunk_of_noise_is_its_students(free, fan):
    class Teacher:
        signature, noise = fan.signature, (7, 32, 3)

    student = Sampled(fan, free.goal, free.scene, 8, 3).noise(5)
    teacher = Sampled(Teacher(), free.goal, free.scene, 8, 3).noise(5)
    assert teacher.shape == (8, 7, 32, 3)
    np.testing.assert_array_equal(teacher[:, 0], student)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"obs": {"position": (2,)}}, "observations"),
        ({"n_obs": 2}, "frames"),
        ({"horizon": 16, "n_action": 16}, "a plan"),
        ({"action_dim": 2}, "a plan"),
        ({"now": 1, "n_action": 1}, "the row for now"),
        ({"state_dim": 1, "action_dim": 2}, "numbers in an action"),
        ({"period": 0.1}, "period"),
    ],
)
def test_policies_of_other_tasks_are_refused(fan, changes, said):
    given = {**fan.signature.to_json(), **changes}
    with pytest.raises(BadInput, match=f"here: {said}: expected"):
        check_signature("here", Signature.from_json(given))
    check_signature("here", fan.signature)

"""MetaWorld's tasks: exact starts, what is seen, who shows how."""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from onehop_interfaces import BadInput
from onehop_tasks import TASKS, Manner, families

pytest.importorskip("metaworld", reason="needs onehop-tasks[metaworld]")

from onehop_tasks._metaworld_env import MetaWorldEnv
from onehop_tasks._sawyer import Sawyer

SEED = 400_000
pytestmark = pytest.mark.filterwarnings("ignore:Constant")


@pytest.fixture(scope="module")
def env():
    return MetaWorldEnv("push")


@pytest.fixture(scope="module")
def shown():
    return TASKS["metaworld-push"].demonstrator(Manner()).episode(0, SEED, 200)


def state(sawyer, seed: int, steps: int) -> list:
    """All that MuJoCo knows after some steps of the scripted policy."""
    sawyer.reset(seed)
    for _ in range(steps):
        sawyer.step(sawyer.shown())
    data = sawyer.data
    every = (data.qpos, data.qvel, data.mocap_pos, data.xpos, data.site_xpos)
    return [array.copy() for array in (*every, data.qacc_warmstart, sawyer.goal)]


@pytest.mark.parametrize("name", ["assembly", "push", "stick-pull"])
def test_a_seed_is_a_start_whatever_came_before(name):
    """The model's places, attributes and warm starts are all put back."""
    used = Sawyer(name)
    state(used, SEED + 1, 40)
    again, fresh = state(used, SEED, 20), state(Sawyer(name), SEED, 20)
    for one, same in zip(again, fresh, strict=True):
        assert_array_equal(one, same)
    start, other = state(used, SEED, 0), state(used, SEED + 1, 0)
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(start, other, strict=True))


@pytest.mark.parametrize("name", ["drawer-open", "push"])
def test_a_start_is_what_metaworld_makes_of_its_vector(name):
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS

    sawyer = Sawyer(name)
    sawyer.reset(SEED)
    theirs = ALL_V3_ENVIRONMENTS[f"{name}-v3"]()
    theirs._set_task_called, theirs._partially_observable = True, False
    theirs.__dict__.pop("sawyer_observation_space", None)
    theirs._last_rand_vec = sawyer._env._last_rand_vec
    assert theirs._random_reset_space.contains(theirs._last_rand_vec)
    seen, _ = theirs.reset()
    assert_allclose(sawyer._seen, seen, atol=1e-9)
    assert_allclose(seen[-3:], sawyer.goal)


def test_hand_object_and_goal_are_seen(env):
    """The block is 4 cm wide, the goal a ball of 2 cm."""
    frame, _ = env.reset(seed=SEED)
    cloud, hand = frame["point_cloud"], frame["agent_pos"].reshape(3, 3)
    block = env.sawyer.data.body("obj").xpos
    for place, reach in ((hand[1], 0.03), (block, 0.035), (env.sawyer.goal, 0.021)):
        assert (np.linalg.norm(cloud - place, axis=1) < reach).sum() > 2
    assert cloud[:, 2].min() > 0
    assert cloud[:, 1].max() < 0.98
    assert np.linalg.norm(hand[1] - hand[2]) < 0.15


def test_an_episode_is_shown_until_it_is_done_and_held(env, shown):
    """Its actions, from the same seed, see the same; all but the last are not done."""
    assert shown.meta["solved"]
    frame, _ = env.reset(seed=SEED)
    for i, action in enumerate(shown.actions):
        for name, rounding in (("agent_pos", 0), ("point_cloud", 0.25e-3)):
            assert_allclose(shown.obs[name][i], frame[name], atol=rounding, rtol=0)
        frame, _, terminated, _, info = env.step(action)
        if terminated:
            break
    assert info["is_success"]
    assert len(shown.actions) == i + 1 + 10
    assert (np.abs(shown.actions) <= 1).all()
    assert shown.obs["point_cloud"].dtype == np.float16


def test_an_episode_ends_after_its_steps(env):
    env.reset(seed=SEED)
    ends = [env.step(np.zeros(4))[2:4] for _ in range(200)]
    assert ends == [(False, False)] * 199 + [(False, True)]


def test_what_is_no_action_is_refused(env):
    with pytest.raises(BadInput, match="four finite numbers"):
        env.step(np.zeros(3))
    with pytest.raises(BadInput, match="four finite numbers"):
        env.step(np.array([0, 0, 0, np.nan]))


def test_the_cloud_is_drawn(env):
    """Where nothing is seen is paper."""
    env.reset(seed=SEED)
    picture = env.render()
    assert picture.shape == (256, 256, 3)
    drawn = (picture != [244, 244, 240]).any(2)
    assert 0.02 < drawn.mean() < 0.5


def test_there_are_all_fifty():
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS

    studies = families()["metaworld"]
    assert {s.task.name for s in studies} == {
        f"metaworld-{name.removesuffix('-v3')}" for name in ALL_V3_ENVIRONMENTS
    }
    parts = Counter(study.group.part for study in studies)
    assert parts == {"easy": 28, "medium": 11, "hard": 6, "very hard": 5}


def test_without_metaworld_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("onehop_tasks._installed.find_spec", lambda name: None)
    task = TASKS["metaworld-push"]
    for use in (task.scene.make, lambda: task.demonstrator(Manner())):
        with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[metaworld\]'"):
            use()

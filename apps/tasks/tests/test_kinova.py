"""The arm past obstacles: the driver's loop as an environment, the planner's paths."""

import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import Body
from onehop_kinova_driver.planner import GRIPPER, plan, problem
from onehop_tasks import TASKS, Manner

KINOVA = TASKS["kinova"]
SEED = 900_000


@pytest.fixture(scope="module")
def episode():
    return KINOVA.demonstrator(Manner()).episode(0, SEED, 1_000)


def test_it_starts_where_the_problem_does() -> None:
    env, at = KINOVA.scene.make(), problem(SEED)
    frame, info = env.reset(seed=SEED)
    assert frame["position"] == pytest.approx(GRIPPER.pose(at.start)[0], abs=1e-6)
    assert frame["goal"] == pytest.approx(at.goal, abs=1e-6)
    assert info["progress"] == 0
    assert all(frame[name].shape == box.shape for name, box in _spaces(env))
    assert not info["is_success"]


def _spaces(env):
    return env.observation_space.items()


def test_following_a_path_arrives_without_contact(episode) -> None:
    """In the path's time, the whole arm as clear as planned but for what it lags."""
    env = KINOVA.scene.make()
    frame, info = env.reset(seed=SEED)
    seen, steps, clear = episode.obs["position"], 0, info["clearance"]
    while not info["is_success"]:
        near = int(np.linalg.norm(seen - frame["position"], axis=1).argmin())
        frame, _, over, _, info = env.step(episode.actions[near])
        steps, clear = steps + 1, min(clear, info["clearance"])
        assert over == info["is_success"]
        assert not info["stopped"]
        assert steps < len(seen)
    assert info["progress"] > 0.97
    assert clear > 0.045
    assert steps > 0.6 * len(seen)


def test_a_demonstration_is_the_path(episode) -> None:
    (path,) = plan([problem(SEED)])
    t = 0.05 * np.arange(len(episode.actions))
    assert episode.obs["position"] == pytest.approx(path.tool(t), abs=1e-6)
    assert episode.actions == pytest.approx(path.tool(t + 0.15), abs=1e-6)
    assert episode.actions[-1] == pytest.approx(problem(SEED).goal, abs=1e-3)
    steps = np.diff(episode.obs["position"].astype(float), axis=0)
    assert np.linalg.norm(steps, axis=1).max() <= 0.08 * 0.05 + 1e-6
    assert np.linalg.norm(steps[:2], axis=1).max() < 1e-3
    assert steps[-19:] == pytest.approx(np.zeros((19, 3)), abs=1e-6)


def test_straight_on_into_an_obstacle_the_gate_stops_or_holds() -> None:
    """Nothing is touched, whatever is asked for."""
    env = KINOVA.scene.make()
    for seed in range(SEED, SEED + 3):
        env.reset(seed=seed)
        ball = problem(seed).scene.spheres[0].centre
        for _ in range(300):
            _, _, over, _, info = env.step(np.array(ball))
            assert info["clearance"] > 0
            if over:
                break
        assert not info["is_success"]


def test_the_clearance_is_that_of_the_whole_arm() -> None:
    env, at = KINOVA.scene.make(), problem(SEED)
    _, info = env.reset(seed=SEED)
    expected = Body(GRIPPER).clearance(GRIPPER.frames(at.start), at.scene)
    assert info["clearance"] == pytest.approx(expected)


@pytest.mark.parametrize("action", [np.zeros(2), np.array([0.4, np.nan, 0.3])])
def test_what_is_no_place_is_refused(action) -> None:
    env = KINOVA.scene.make()
    env.reset(seed=SEED)
    with pytest.raises(BadInput, match="expected three finite numbers"):
        env.step(action)


def test_it_is_drawn() -> None:
    """The obstacles' colour is where they are, from above and from the front."""
    env = KINOVA.scene.make()
    env.reset(seed=SEED)
    picture, (_, y, z) = env.render(), problem(SEED).scene.spheres[0].centre
    assert picture.shape == (256, 256, 3)
    scale = 256 / 1.2
    column = int((0.6 - y) * scale)
    assert (picture == [205, 120, 95]).all(2)[:128, column].any()
    assert (picture == [205, 120, 95]).all(2)[128:, column].any()
    row = 128 + int((0.6 - z) * scale)
    assert picture[row, column].tolist() in ([205, 120, 95], [60, 140, 70])


def test_without_the_planner_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr("onehop_tasks._installed.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[kinova\]'"):
        KINOVA.scene.make()
    with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[kinova\]'"):
        KINOVA.demonstrator(Manner())

import gym_pusht  # noqa: F401 - registers the reference
import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from onehop_envs import (
    SUCCESS_COVERAGE,
    PushTPlanner,
    PushTStateEnv,
    demonstrate,
    paper_start,
    with_pictures,
)
from onehop_interfaces import BadInput

NAMES = [f"onehop/PushT{name}-v0" for name in ("State", "Keypoints", "Pixels")]
SHAPES = [(5,), (20,), (96, 96, 3)]
SEEN = "onehop/PushTPixelsAgentPos-v0"
NEAR_GOAL = (100.0, 100.0, 256.0, 256.0, np.pi / 4)


@pytest.fixture
def env():
    return gym.make(NAMES[0], render_mode="rgb_array")


@pytest.fixture
def reference():
    return gym.make("gym_pusht/PushT-v0", disable_env_checker=True)


# The task's actions are pixels; the checker would rather have them in [-1, 1].
@pytest.mark.filterwarnings("ignore:.*symmetric and normalized space")
@pytest.mark.parametrize("name", [*NAMES, SEEN])
def test_passes_the_checker_of_gymnasium(name: str) -> None:
    check_env(gym.make(name, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize(("name", "shape"), list(zip(NAMES, SHAPES, strict=True)))
def test_steps_in_lockstep_with_its_copies(name: str, shape: tuple[int, ...]) -> None:
    envs, single = gym.make_vec(name, num_envs=2), gym.make(name)
    obs, _ = envs.reset(seed=7)
    alone, _ = single.reset(seed=8)
    assert obs.shape == (2, *shape)
    np.testing.assert_array_equal(obs[1], alone)
    for action in np.random.default_rng(0).uniform(0, 512, (20, 2)):
        obs, reward, _, _, info = envs.step(np.tile(action, (2, 1)))
        alone, alone_reward, _, _, alone_info = single.step(action)
        np.testing.assert_array_equal(obs[1], alone)
        assert reward[1] == alone_reward
        assert info["coverage"][1] == alone_info["coverage"]
    envs.close()


def test_the_picture_with_the_agent_is_that_of_the_state() -> None:
    seen, shown = gym.make(SEEN), gym.make("onehop/PushTPixels-v0")
    obs, info = seen.reset(seed=7)
    picture, _ = shown.reset(seed=7)
    for action in np.random.default_rng(0).uniform(0, 512, (5, 2)):
        np.testing.assert_array_equal(obs["image"], picture)
        np.testing.assert_array_equal(obs["agent_pos"], info["state"][:2].astype("f4"))
        obs, *_, info = seen.step(action)
        picture, *_ = shown.step(action)


def test_recorded_states_are_drawn_as_they_were_seen() -> None:
    recorded = demonstrate((200.0, 300.0, 256.0, 256.0, 0.0), PushTPlanner(0), 5)
    drawn, env = with_pictures(recorded), gym.make(SEEN)
    # A step of .01 s stands between a state that is set and one that is seen.
    obs, _ = env.reset(options={"state": [200.0, 300.0, 256.0, 256.0, 0.0]})
    for i, action in enumerate(recorded.actions):
        np.testing.assert_allclose(drawn.obs["agent_pos"][i], obs["agent_pos"])
        off = np.abs(drawn.obs["image"][i].astype(int) - obs["image"])
        assert off.mean() < 0.1  # states are recorded in single precision
        obs, *_ = env.step(action)
    assert drawn.obs["image"].shape == (5, 96, 96, 3)
    with pytest.raises(BadInput, match="with_pictures: expected the obs"):
        with_pictures(drawn)


def test_runs_in_processes_of_its_own() -> None:
    # Forking would carry along whatever threads the test runner has.
    envs = gym.make_vec(
        NAMES[0], 2, "async", vector_kwargs={"context": "spawn", "shared_memory": True}
    )
    obs, _ = envs.reset(seed=7)
    expected, _ = gym.make(NAMES[0]).reset(seed=8)
    envs.step(envs.action_space.sample())
    envs.close()
    np.testing.assert_array_equal(obs[1], expected)


def test_same_seed_as_gym_pusht_same_start(env, reference) -> None:
    for seed in range(10):
        np.testing.assert_array_equal(
            env.reset(seed=seed)[0], reference.reset(seed=seed)[0]
        )


@pytest.mark.parametrize("seed", range(3))
def test_equals_gym_pusht(env, reference, seed: int) -> None:
    rng, rewards = np.random.default_rng(seed), []
    start = [*rng.uniform(50, 450, 2), *rng.uniform(230, 280, 2), rng.uniform(0, 1)]
    expected, _ = reference.reset(options={"reset_to_state": start})
    obs, _ = env.reset(options={"state": start})
    for _ in range(100):
        np.testing.assert_allclose(obs, expected, rtol=0, atol=1e-9)
        action = np.clip(obs[2:4] + rng.normal(0, 60, 2), 0, 512)
        expected, *outcome, _, _ = reference.step(action.astype(np.float32))
        obs, *own, truncated, info = env.step(action.astype(np.float32))
        np.testing.assert_allclose(own, outcome, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(info["state"], obs)
        rewards.append(own[0])
        assert not truncated
    assert len(np.unique(rewards)) > 10


def test_same_seed_same_start(env) -> None:
    first, _ = env.reset(seed=3)
    again, _ = env.reset(seed=3)
    following, _ = env.reset()
    other, _ = env.reset(seed=4)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, following)
    assert not np.array_equal(first, other)


def test_starts_at_a_state(env, reference) -> None:
    state = [60.0, 70.0, 200.0, 300.0, 2.0]
    obs, info = env.reset(options={"state": state})
    expected, _ = reference.reset(options={"reset_to_state": state})
    np.testing.assert_array_equal(obs, expected)
    np.testing.assert_array_equal(info["state"], expected)
    obs, _ = gym.make(NAMES[0], legacy=False).reset(options={"state": state})
    np.testing.assert_allclose(obs, state, rtol=0, atol=1e-9)


def test_starts_where_the_paper_does(env) -> None:
    rng = np.random.RandomState(100000)
    expected = [rng.randint(50, 450), rng.randint(50, 450)]
    expected += [rng.randint(100, 400), rng.randint(100, 400)]
    assert paper_start(100000) == (*expected, rng.randn() * 2 * np.pi - np.pi)
    by_seed, _ = env.reset(options={"paper_seed": 100000})
    by_state, _ = env.reset(options={"state": paper_start(100000)})
    np.testing.assert_array_equal(by_seed, by_state)


def test_doing_nothing_on_the_paper_starts_scores_little(env) -> None:
    scores = []
    for seed in range(100000, 100050):
        _, info = env.reset(options={"paper_seed": seed})
        _, reward, *_ = env.step(info["state"][:2])
        scores.append(reward)
    assert np.mean(scores) == pytest.approx(0.074, abs=0.002)


def test_ends_with_success() -> None:
    env = gym.make(NAMES[0], legacy=False)
    _, info = env.reset(options={"state": NEAR_GOAL})
    assert info["is_success"]
    _, reward, terminated, truncated, info = env.step(np.array([100.0, 100.0]))
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["coverage"] > SUCCESS_COVERAGE


@pytest.mark.parametrize(("shift", "success"), [(2, True), (3, False)])
def test_success_is_more_than_95_percent(shift: int, success: bool) -> None:
    """Moved along the bar, which is 120 x 30, with the stem, which is 30 x 90."""
    env = gym.make(NAMES[0], legacy=False)
    x, y = 256 + shift / np.sqrt(2), 256 - shift / np.sqrt(2)
    env.reset(options={"state": (100.0, 100.0, x, y, np.pi / 4)})
    _, _, terminated, _, info = env.step(np.array([100.0, 100.0]))
    left = ((120 - shift) * 30 + (30 - shift) * 90) / 6300
    assert info["coverage"] == pytest.approx(left)
    assert (info["is_success"], terminated) == (success, success)
    assert success == (left > 0.95)


def test_reward_is_the_coverage_over_the_threshold() -> None:
    env = gym.make(NAMES[0], legacy=False)
    x, y = 256 + 10 / np.sqrt(2), 256 - 10 / np.sqrt(2)
    env.reset(options={"state": (100.0, 100.0, x, y, np.pi / 4)})
    _, reward, terminated, _, info = env.step(np.array([100.0, 100.0]))
    # Moved by 10 px along the bar: 110 x 30 of the bar and 20 x 90 of the stem remain.
    assert info["coverage"] == pytest.approx((110 * 30 + 20 * 90) / 6300)
    assert reward == pytest.approx(info["coverage"] / 0.95)
    assert not terminated


def test_gives_up_after_300_steps(env) -> None:
    env.reset(options={"state": [30, 30, 350, 350, 0]})
    for step in range(1, 301):
        _, _, _, truncated, _ = env.step(np.array([30.0, 30.0]))
        assert truncated == (step == 300)


def test_shows_keypoints_then_the_agent() -> None:
    env = gym.make(NAMES[1], legacy=False)
    obs, _ = env.reset(options={"state": [60, 70, 200, 300, 0]})
    np.testing.assert_array_equal(obs[18:], [60, 70])
    np.testing.assert_allclose(obs[:2], [209.27, 390.04], atol=0.03)
    np.testing.assert_allclose(obs[16:18], [223.54, 298.30], atol=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_looks_like_gym_pusht(seed: int) -> None:
    reference = gym.make("gym_pusht/PushT-v0", obs_type="pixels").unwrapped
    expected, _ = reference.reset(seed=seed)
    obs, _ = gym.make(NAMES[2]).reset(seed=seed)
    difference = np.abs(obs.astype(float) - expected)
    assert difference.mean() < 1.35  # of 255; a T that is 4 px off makes it 1.43
    assert difference.reshape(24, 4, 24, 4, 3).mean((1, 3)).max() < 25.0


def test_draws_the_target(env) -> None:
    env.reset(options={"state": [60, 70, 350, 300, 0]})
    before = env.render()
    env.step(np.array([128.0, 384.0]))
    after = env.render()
    assert before.shape == after.shape == (256, 256, 3)
    assert before.dtype == np.uint8
    np.testing.assert_allclose(after[192, 64], [255, 0, 0], atol=60)
    assert tuple(before[192, 64]) == (255, 255, 255)


@pytest.mark.parametrize("size", [96, 300])
def test_renders_at_any_size(size: int) -> None:
    env = gym.make(NAMES[2], render_mode="rgb_array", render_size=size)
    env.reset(seed=0)
    assert env.render().shape == (size, size, 3)


@pytest.mark.parametrize(
    "options",
    [
        {"state": [1, 2, 3, 4]},
        {"state": [1, 2, 3, 4, np.nan]},
        {"state": [1, 2, 3, 513, 0]},
        {"state": [-1, 2, 3, 4, 0]},
        {"state": np.zeros((5, 2))},
        {"state": "start"},
        {"state": 3},
        {"paper_seed": -1},
        {"paper_seed": 2**32},
        {"paper_seed": 1.5},
        {"paper_seed": True},
        {"sate": [1, 2, 3, 4, 5]},
        {"state": NEAR_GOAL, "paper_seed": 1},
    ],
)
def test_refuses_an_option_in_one_line(env, options) -> None:
    with pytest.raises(BadInput, match=r"expected .* got") as error:
        env.reset(options=options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "action",
    [[np.nan, 0], [0, np.inf], [1], [1, 2, 3], 5, None, "ab", [[1, 2], [3, 4]]],
)
def test_refuses_an_action_in_one_line(action) -> None:
    env = PushTStateEnv()
    env.reset(seed=0)
    before = env.physics.snapshot()
    with pytest.raises(BadInput, match="action: expected two finite numbers") as error:
        env.step(np.asarray(action) if isinstance(action, list) else action)
    assert "\n" not in str(error.value)
    assert env.physics.snapshot() == before


@pytest.mark.parametrize("corner", [(0, 0), (512, 0), (0, 512), (512, 512)])
def test_observations_stay_in_their_space_when_jammed(env, corner) -> None:
    rng = np.random.default_rng(0)
    for seed in range(3):
        obs, _ = env.reset(seed=seed)
        for _ in range(100):
            beyond = obs[2:4] + 0.5 * (np.array(corner) - obs[2:4])
            obs, *_ = env.step(np.clip(beyond + rng.normal(0, 30, 2), 0, 512))
            assert env.observation_space.contains(obs)


def test_far_targets_are_clipped_to_the_world(env) -> None:
    env.reset(seed=0)
    far, *_ = env.step(np.array([1e300, -1e300]))
    env.reset(seed=0)
    edge, *_ = env.step(np.array([512.0, 0.0]))
    np.testing.assert_array_equal(far, edge)


@pytest.mark.parametrize("arguments", [{"render_mode": "human"}, {"render_size": 0}])
def test_refuses_a_way_to_render(arguments) -> None:
    with pytest.raises(BadInput, match=r"expected .* got"):
        PushTStateEnv(**arguments)

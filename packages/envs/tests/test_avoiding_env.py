import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from onehop_envs import AVOIDING_WINDOW, AvoidingEnv
from onehop_envs._avoiding_scene import CYLINDERS, START
from onehop_interfaces import BadInput

NAME = "onehop/Avoiding-v0"


@pytest.fixture
def env():
    return gym.make(NAME, render_mode="rgb_array", render_size=300)


def integrated(state: np.ndarray, action: np.ndarray) -> tuple[np.ndarray, bool]:
    """A step by Heun's method in 3500 pieces, contact looked for at each."""
    desired, rod = state[:2] + action, state[2:].copy()
    dt, touched = 1e-5, False
    for _ in range(3500):
        slope = 20.0 * (desired - rod)
        rod += dt / 2 * (slope + 20.0 * (desired - rod - dt * slope))
        touched |= any(
            np.hypot(rod[0] - x, rod[1] - y) <= radius + 0.01
            for x, y, radius in CYLINDERS
        )
    return np.concatenate([desired, rod]), touched


# The task's actions are metres; the checker would rather have them in [-1, 1].
@pytest.mark.filterwarnings("ignore:.*symmetric and normalized space")
def test_passes_the_checker_of_gymnasium() -> None:
    check_env(gym.make(NAME, render_mode="rgb_array").unwrapped)


def test_starts_at_rest_where_d3il_does(env) -> None:
    for seed in (None, 0, 7):
        obs, info = env.reset(seed=seed)
        np.testing.assert_array_equal(obs, [0.525, -0.28, 0.525, -0.28])
        np.testing.assert_array_equal(info.pop("state"), obs)
        assert info == {"progress": 0.0, "is_success": False, "contact": False}


def test_follows_the_law_of_motion(env) -> None:
    rng = np.random.default_rng(0)
    state, _ = env.reset()
    for _ in range(12):
        action = rng.uniform(-0.02, 0.02, 2).astype(np.float32)
        expected, _ = integrated(state, action)
        state, reward, terminated, _, info = env.step(action)
        np.testing.assert_allclose(state, expected, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(info["state"], state)
        assert info["progress"] == pytest.approx((state[3] + 0.28) / 0.63)
        assert (reward, terminated) == (0.0, False)


def test_goes_half_way_to_a_desired_point_that_rests(env) -> None:
    env.reset()
    env.step([0.02, 0.0])
    for step in range(2, 6):
        obs, *_ = env.step([0.0, 0.0])
        left = 0.02 * np.exp(-20.0 * 0.035 * step)
        assert obs[0] - obs[2] == pytest.approx(left, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_contact_is_that_of_the_integrated_path(env, seed: int) -> None:
    rng = np.random.default_rng(seed)
    state, _ = env.reset(options={"position": [rng.uniform(0.4, 0.6), -0.0]})
    terminated = False
    while not terminated:
        action = rng.normal((0.0, 0.003), 0.012).clip(-0.02, 0.02)
        (expected, touched), before = integrated(state, action), state
        state, reward, terminated, _, info = env.step(action)
        assert info["contact"] == touched == terminated
        assert reward == 0.0
        if not touched:
            np.testing.assert_allclose(state, expected, rtol=0, atol=1e-9)
    rod, way = state[2:], expected[2:] - before[2:]
    rooms = [np.hypot(*(rod - [x, y])) - r - 0.01 for x, y, r in CYLINDERS]
    assert min(rooms) == pytest.approx(0.0, abs=1e-9)  # stops where it touches
    along = (rod - before[2:]) @ way / (way @ way)
    assert 0.0 <= along <= 1.0
    np.testing.assert_allclose(rod, before[2:] + along * way, rtol=0, atol=1e-9)
    assert info["progress"] < 1.0
    assert not info["is_success"]


def test_nothing_tunnels(env) -> None:
    # The desired point hurries ahead over the top cylinder; the rod stops below it.
    env.reset(options={"position": [0.5, 0.2]})
    env.unwrapped._desired = (0.5, 0.415)
    obs, reward, terminated, _, info = env.step([0.0, 0.0])
    assert (reward, terminated, info["contact"]) == (0.0, True, True)
    np.testing.assert_allclose(obs[2:], [0.5, 0.225], rtol=0, atol=1e-12)


def test_succeeds_beyond_the_finish_line(env) -> None:
    env.reset(options={"position": [0.425, 0.3]})
    terminated = False
    while not terminated:
        before = env.unwrapped._position[1]
        obs, reward, terminated, _, info = env.step([0.0, 0.01])
        assert info["is_success"] == (obs[3] > 0.35) == (info["progress"] > 1.0)
        assert reward == float(terminated)
    assert before <= 0.35 < obs[3]
    assert not info["contact"]


def test_straight_ahead_fails(env) -> None:
    env.reset()
    terminated = False
    while not terminated:
        obs, reward, terminated, _, info = env.step([0.0, 0.01])
    # Beside the first cylinder's axis by 0.025 m: touches at y = -0.1 - 0.0312 m.
    height = -0.1 - np.sqrt(0.04**2 - 0.025**2)
    np.testing.assert_allclose(obs[2:], [0.525, height], rtol=0, atol=1e-9)
    assert info["contact"]
    assert reward == 0.0


def test_gives_up_after_250_steps(env) -> None:
    env.reset()
    for step in range(1, 251):
        _, _, terminated, truncated, _ = env.step([0.0, 0.0])
        assert not terminated
        assert truncated == (step == 250)


def test_large_changes_are_clipped(env) -> None:
    env.reset()
    far, *_ = env.step([1e300, -0.5])
    np.testing.assert_allclose(far[:2], [0.545, -0.3], rtol=0, atol=1e-12)


@pytest.mark.parametrize("way", [(1, 0), (-1, 0), (0, -1), (1, 1), (-1, -1)])
def test_stays_in_the_window(way) -> None:
    left, bottom, side = AVOIDING_WINDOW
    env = AvoidingEnv()
    obs, _ = env.reset(options={"position": [0.8, 0.0]})
    for _ in range(60):
        obs, _, terminated, _, _ = env.step(0.02 * np.array(way))
        assert env.observation_space.contains(obs)
        if terminated:
            break
    assert (obs[:2] >= (left, bottom)).all()
    assert (obs[:2] <= (left + side, bottom + side)).all()


def test_steps_in_lockstep_with_its_copies() -> None:
    envs, single = gym.make_vec(NAME, num_envs=2), gym.make(NAME)
    envs.reset(seed=0)
    single.reset()
    for action in np.random.default_rng(0).normal(0, 0.01, (8, 2)):
        obs, _, _, _, info = envs.step(np.tile(action, (2, 1)))
        alone, _, _, _, alone_info = single.step(action)
        np.testing.assert_array_equal(obs, [alone, alone])
        assert info["progress"][1] == alone_info["progress"]
    envs.close()


def pixel(point: tuple[float, float], size: int) -> tuple[int, int]:
    """Row and column of a point of the plane; y points up."""
    left, bottom, side = AVOIDING_WINDOW
    across, up = (point[0] - left) / side, (point[1] - bottom) / side
    return int((1.0 - up) * size), int(across * size)


def test_draws_everything_where_it_is(env) -> None:
    env.reset(options={"position": [0.425, 0.25]})
    for _ in range(3):
        env.step([0.0, 0.02])
    desired, rod = env.unwrapped._desired, env.unwrapped._position
    picture = env.render()
    assert picture.shape == (300, 300, 3)
    assert picture.dtype == np.uint8
    for x, y, _ in CYLINDERS:
        assert tuple(picture[pixel((x, y), 300)]) == (142, 163, 183)
    np.testing.assert_allclose(picture[pixel(desired, 300)], [255, 0, 0], atol=80)
    np.testing.assert_allclose(picture[pixel(rod, 300)], [65, 105, 225], atol=80)
    np.testing.assert_allclose(picture[pixel((0.2, 0.35), 300)], [144, 238, 144], 1)
    assert tuple(picture[pixel(START, 300)]) == (255, 255, 255)


@pytest.mark.parametrize("size", [96, 301])
def test_renders_at_any_size(size: int) -> None:
    env = AvoidingEnv("rgb_array", size)
    env.reset()
    assert env.render().shape == (size, size, 3)
    assert AvoidingEnv().render() is None


@pytest.mark.parametrize(
    "options",
    [
        {"position": [0.5]},
        {"position": [0.5, np.nan]},
        {"position": [0.5, -0.1]},
        {"position": [0.5, -0.0601]},
        {"position": [0.5, 0.36]},
        {"position": [0.0, 0.0]},
        {"position": [0.5, -0.4]},
        {"position": "start"},
        {"position": None},
        {"state": [0.5, 0.0]},
        {"position": [0.5, 0.0], "seed": 1},
    ],
)
def test_refuses_an_option_in_one_line(env, options) -> None:
    with pytest.raises(BadInput, match=r"^reset option.*expected .* got") as error:
        env.reset(options=options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("action", [[np.nan, 0], [0, np.inf], [1], 5, None, "ab"])
def test_refuses_an_action_in_one_line(action) -> None:
    env = AvoidingEnv()
    before, _ = env.reset()
    with pytest.raises(BadInput, match="action: expected two finite numbers") as error:
        env.step(action)
    assert "\n" not in str(error.value)
    np.testing.assert_array_equal(env._observation(), before)


@pytest.mark.parametrize("arguments", [{"render_mode": "human"}, {"render_size": 0}])
def test_refuses_a_way_to_render(arguments) -> None:
    with pytest.raises(BadInput, match=r"expected .* got"):
        AvoidingEnv(**arguments)

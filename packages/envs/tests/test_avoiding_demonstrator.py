from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest

from onehop_envs import avoiding_mode, demonstrate_avoiding
from onehop_envs._avoiding_demonstrator import _record
from onehop_envs._avoiding_scene import START, clearance
from onehop_interfaces import BadInput

SEEDS = (0, 1_000_000)


@pytest.mark.parametrize("mode", range(24))
def test_replays_in_the_environment_in_its_mode(mode: int) -> None:
    env = gym.make("onehop/Avoiding-v0")
    for seed in SEEDS:
        demo = demonstrate_avoiding(mode, seed)
        assert demo.meta == {"solved": True, "mode": mode}
        state, _ = env.reset()
        path = [state[2:]]
        for seen, action in zip(demo.obs["state"], demo.actions, strict=True):
            np.testing.assert_array_equal(seen, state.astype(np.float32))
            assert env.action_space.contains(action)
            state, reward, terminated, _, info = env.step(action)
            path.append(state[2:])
        assert (reward, terminated, info["is_success"]) == (1.0, True, True)
        assert avoiding_mode(path) == mode
        assert clearance(path) >= 0.01


def test_recordings_look_like_a_persons() -> None:
    demos = [demonstrate_avoiding(i % 24, i) for i in range(240)]
    lengths = np.array([len(demo.actions) for demo in demos])
    assert lengths.min() > 50
    assert lengths.max() < 125
    assert 70 < lengths.mean() < 85
    strides = np.concatenate([np.hypot(*demo.actions.T) for demo in demos])
    assert np.quantile(strides, 0.99) < 0.018


def test_a_choice_does_not_show_before_the_level_below() -> None:
    # Where the first level is crossed on the left is spread alike for all ways on.
    places = np.array(
        [
            [x_at(demonstrate_avoiding(mode, seed), -0.1) for seed in range(50)]
            for mode in range(12)
        ]
    )
    error = places.std() / np.sqrt(places.shape[1])
    assert (np.abs(places.mean(axis=1) - places.mean()) < 4.0 * error).all()


def x_at(demo, level: float) -> float:
    """x of the rod where it first is at y = `level` [m]."""
    for (x_0, y_0), (x_1, y_1) in pairwise(demo.obs["state"][:, 2:].tolist()):
        if y_0 < level <= y_1:
            return x_0 + (x_1 - x_0) * (level - y_0) / (y_1 - y_0)
    raise AssertionError


def test_noise_is_recovered_from() -> None:
    # Around a path that rests, deviations are the AR(1) process of the docstring.
    path = np.tile(START, (5001, 1))
    recording = _record(path, np.random.default_rng(0), 5000)
    off = recording.states[:, :2] - START
    assert len(off) == 5001
    feedback = 1.0 - (off[1:] * off[:-1]).sum() / (off[:-1] ** 2).sum()
    assert feedback == pytest.approx(0.25, abs=0.02)
    noise = off[1:] - 0.75 * off[:-1]
    assert noise.std() == pytest.approx(0.0015, rel=0.03)
    assert abs(noise.mean()) < 5e-5


def test_same_seed_same_recording() -> None:
    first, again = demonstrate_avoiding(5, 3), demonstrate_avoiding(5, 3)
    assert first.sha256 == again.sha256
    others = [demonstrate_avoiding(5, 4), demonstrate_avoiding(6, 3)]
    assert len({first.sha256, *(other.sha256 for other in others)}) == 3


def test_stops_after_so_many_steps_unsolved() -> None:
    whole, cut = demonstrate_avoiding(5, 3), demonstrate_avoiding(5, 3, max_steps=20)
    assert cut.meta == {"solved": False, "mode": 5}
    np.testing.assert_array_equal(cut.actions, whole.actions[:20])


def test_refuses_what_is_no_mode_and_no_seed() -> None:
    with pytest.raises(BadInput, match="mode: expected 0 to 23, got 24"):
        demonstrate_avoiding(24, 0)
    for seed in (-1, 1.5, "1"):
        with pytest.raises(BadInput, match="seed: expected a whole number >= 0, got"):
            demonstrate_avoiding(0, seed)

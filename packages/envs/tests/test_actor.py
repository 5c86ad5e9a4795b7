"""Actors against an MLP written out, and an environment that can be counted in."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box

from onehop_envs import Actor, Bursts, load_actors, watch
from onehop_interfaces import BadInput


def arrays(squashed: bool, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    made = {
        "weight0": rng.normal(size=(5, 3)),
        "bias0": rng.normal(size=5),
        "mean_weight": rng.normal(size=(2, 5)),
        "mean_bias": rng.normal(size=2),
        "activation": np.array("relu" if squashed else "tanh"),
    }
    if squashed:
        made["log_std_weight"] = rng.normal(size=(2, 5))
        made["log_std_bias"] = np.array([0.0, 9.0])
    else:
        made["std"] = np.array([0.5, 2.0])
        made["obs_mean"], made["obs_var"] = rng.normal(size=3), np.array([4.0, 1, 0])
    return made


def test_a_squashed_actor_is_its_formula() -> None:
    of, s = arrays(True), np.array([0.3, -1.0, 2.0])
    h = np.maximum(of["weight0"] @ s + of["bias0"], 0)
    mu = of["mean_weight"] @ h + of["mean_bias"]
    std = np.exp(np.clip(of["log_std_weight"] @ h + of["log_std_bias"], -20, 2))
    z = np.random.default_rng(7).standard_normal(2)
    act = Actor(of).act
    rng = np.random.default_rng(7)
    np.testing.assert_allclose(act(s, 0.5, rng), np.tanh(mu + 0.5 * std * z))
    np.testing.assert_allclose(act(s, 0.0, rng), np.tanh(mu))


def test_a_clipped_actor_is_its_formula() -> None:
    of, s = arrays(False), np.array([0.3, -1.0, 2.0])
    normal = np.clip((s - of["obs_mean"]) / np.sqrt(of["obs_var"] + 1e-8), -10, 10)
    assert abs(normal[2]) == 10
    mu = of["mean_weight"] @ np.tanh(of["weight0"] @ normal + of["bias0"])
    mu += of["mean_bias"]
    z = np.random.default_rng(7).standard_normal(2)
    found = Actor(of).act(s, 1.0, np.random.default_rng(7))
    np.testing.assert_allclose(found, np.clip(mu + of["std"] * z, -1, 1))


def test_a_file_has_several(tmp_path) -> None:
    named = {
        f"Toy/{algorithm}/{name}": array
        for algorithm, squashed in (("sac", True), ("ppo", False))
        for name, array in arrays(squashed).items()
    }
    np.savez(tmp_path / "actors.npz", **named)
    found = load_actors(tmp_path / "actors.npz", "Toy")
    assert list(found) == ["sac", "ppo"]
    s, rng = np.ones(3), np.random.default_rng(0)
    np.testing.assert_array_equal(
        found["ppo"].act(s, 0.0, rng), Actor(arrays(False)).act(s, 0.0, rng)
    )
    with pytest.raises(BadInput, match="expected actors of Other, found none"):
        load_actors(tmp_path / "actors.npz", "Other")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"mean_weight": np.zeros((2, 4))}, "expected an MLP and its spread"),
        ({"activation": np.array("exp")}, "actor: activation"),
        ({"mean_bias": np.full(2, np.nan)}, "expected finite means"),
        ({"weight0": np.zeros((0, 3))}, "expected an MLP and its spread"),
    ],
)
def test_layers_that_do_not_fit_are_refused(tmp_path, change, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        Actor({**arrays(True), **change})
    named = {f"Toy/sac/{k}": v for k, v in {**arrays(True), **change}.items()}
    np.savez(tmp_path / "actors.npz", **named)
    with pytest.raises(BadInput, match=f"actors.npz: Toy: .*{text}"):
        load_actors(tmp_path / "actors.npz", "Toy")


def test_other_files_are_refused_and_nothing_is_unpickled(tmp_path) -> None:
    (tmp_path / "text").write_text("no arrays")
    np.savez(tmp_path / "objects.npz", **{"Toy/sac/weight0": np.array([{}], object)})
    np.save(tmp_path / "one.npy", np.zeros(3))
    for name in ("text", "objects.npz", "one.npy", "nothing"):
        with pytest.raises(
            BadInput, match=f"{name}: expected (an npz of actors, got|a file)"
        ):
            load_actors(tmp_path / name, "Toy")


class Counting(gymnasium.Env):
    """Its state counts steps; it ends after so many, by a fall or by the clock."""

    observation_space, action_space = Box(-9, 9, (3,)), Box(-1, 1, (2,))

    def __init__(self, steps: int, fall: bool) -> None:
        self.steps, self.fall = steps, fall

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.i = 0
        return np.full(3, self.i / 8), {}

    def step(self, action):
        assert np.abs(action).max() <= 1
        self.i += 1
        over = self.i == self.steps
        return (
            np.full(3, self.i / 8),
            0.5,
            over and self.fall,
            over and not self.fall,
            {},
        )


@pytest.mark.parametrize("fall", [True, False])
def test_what_is_watched_is_what_happened(fall: bool) -> None:
    seen = watch(Actor(arrays(True)), Counting(20, fall), seed=3, noise=1.0)
    assert len(seen) == 1
    assert len(seen.actions) == 20
    np.testing.assert_array_equal(seen.obs["state"][:, 0], np.arange(20) / 8)
    np.testing.assert_array_equal(seen.rewards.each, np.full(20, 0.5))
    assert seen.rewards.terminals.tolist() == [fall]
    assert seen.meta["return"] == 10.0
    again = watch(Actor(arrays(True)), Counting(20, fall), seed=3, noise=1.0)
    assert again.sha256 == seen.sha256


def test_bursts_disturb_as_often_as_they_should() -> None:
    """Of the steps between bursts one in 1 / p begins one: L / (L + 1 / p - 1)."""
    of = arrays(True) | {"mean_weight": np.zeros((2, 5)), "mean_bias": np.zeros(2)}
    seen = watch(Actor(of), Counting(4_000, False), 0, 0.0, Bursts(0.05, 10))
    disturbed = (seen.actions != 0).any(1)
    assert disturbed.mean() == pytest.approx(10 / (10 + 20 - 1), abs=0.05)
    drawn = seen.actions[disturbed].astype(float)
    assert np.abs(drawn.mean(0)).max() < 0.08
    assert drawn.std() == pytest.approx(1 / np.sqrt(3), rel=0.05)

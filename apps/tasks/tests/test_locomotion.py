"""HalfCheetah and Walker2d: returns as D4RL has them, and who shows how."""

from pathlib import Path

import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_tasks import TASKS, Manner

POLICIES = Path(__file__).parents[4] / "shared" / "data" / "locomotion_policies.npz"
there = pytest.mark.skipif(not POLICIES.exists(), reason=f"needs {POLICIES.name}")

REFERENCES = {"halfcheetah": (-280.18, 12135.0), "walker2d": (1.63, 4592.3)}


@pytest.mark.parametrize("name", REFERENCES)
def test_an_episode_comes_to_its_normalised_return(name: str) -> None:
    low, high = REFERENCES[name]
    task, rng = TASKS[name], np.random.default_rng(0)
    env, values, earned = task.scene.make(), [], 0.0
    frame, _ = env.reset(seed=0)
    assert frame["state"].shape == (17,)
    assert frame["state"].dtype == np.float32
    terminated = truncated = False
    while not (terminated or truncated):
        action = rng.uniform(-1, 1, 6).astype(np.float32)
        _, reward, terminated, truncated, info = env.step(action)
        values.append(task.measure.of(float(reward), info))
        earned += float(reward)
        assert not info["is_success"]
    expected = 100 * (earned - low) / (high - low)
    assert task.measure.outcome.of(np.array(values)) == pytest.approx(expected)
    # Random actions are what 0 stands for.
    assert abs(expected) < 5
    assert terminated == (name == "walker2d")


@pytest.mark.parametrize("name", REFERENCES)
def test_it_is_drawn_without_a_graphics_driver(name: str) -> None:
    """Where a foot is there is no sky; below the floor there is no robot."""
    env = TASKS[name].scene.make()
    env.reset(seed=0)
    picture, data = env.render(), env.unwrapped.data
    assert picture.shape == (256, 256, 3)
    assert picture.dtype == np.uint8
    size, first = 256 / 4.0, data.geom_xpos[1]
    row, column = int((3.4 - first[2]) * size), 128
    assert picture[row, column].tolist() != [236, 242, 248]
    assert (picture[0] == [236, 242, 248]).all()
    assert len(np.unique(picture[-1], axis=0)) == 1


def test_a_good_run_is_one_like_the_experts() -> None:
    env = TASKS["halfcheetah"].scene.make()
    env.reset(seed=0)
    unwrapped, reward = env.unwrapped, 80 / 100 * (12135.0 + 280.18) - 280.18
    step = unwrapped.step
    unwrapped.step = lambda action: (*step(action)[:1], reward / 2, False, False, {})
    assert [env.step(np.zeros(6))[4]["is_success"] for _ in range(3)] == [0, 1, 1]
    env.reset(seed=0)
    assert not env.step(np.zeros(6))[4]["is_success"]


@there
@pytest.mark.parametrize(
    ("name", "i", "low", "high"),
    [
        # Published: 45.9 and 94.2 of HalfCheetah, 94.5 of Walker2d.
        ("halfcheetah", 10, 35, 55),
        ("halfcheetah", 11, 85, 100),
        ("walker2d", 11, 85, 105),
    ],
)
def test_the_published_actors_are_as_good_as_published(name, i, low, high) -> None:
    demonstrator = TASKS[name].demonstrator(Manner(policies=POLICIES))
    returns = []
    for seed in range(3):
        seen = demonstrator.episode(i, 1_000_000 + seed, 1_000)
        returns.append(seen.meta["return"])
        # Half precision keeps the return.
        assert float(seen.rewards.each.sum(dtype=float)) == pytest.approx(
            returns[-1], rel=1e-3
        )
        assert len(seen.actions) == 1_000
        assert not seen.rewards.terminals[0]
    worst, best = REFERENCES[name]
    assert low < 100 * (np.mean(returns) - worst) / (best - worst) < high


@there
def test_every_fourth_episode_of_an_actor_is_disturbed() -> None:
    demonstrator = TASKS["halfcheetah"].demonstrator(Manner(policies=POLICIES))
    disturbed = [demonstrator.episode(i, 7, 200).sha256 for i in (1, 3, 5, 9)]
    assert disturbed[0] == disturbed[3] != disturbed[1] == disturbed[2]


@there
def test_every_fifth_episode_of_an_actor_is_whole() -> None:
    demonstrator = TASKS["halfcheetah"].demonstrator(Manner(policies=POLICIES))
    seen = [demonstrator.episode(i, 7, 260) for i in (1, 3, 9, 11)]
    assert [len(episode.actions) for episode in seen] == [260, 250, 250, 260]
    assert not any(episode.rewards.terminals.any() for episode in seen)
    assert len(demonstrator.episode(3, 7, 20).actions) == 20


@pytest.mark.parametrize(
    ("manner", "text"),
    [
        (Manner(), "--policies: expected a file of actors for --task walker2d"),
        (Manner(1.0), "--temperature: expected none for --task walker2d, got 1.0"),
        (Manner(policies=Path("none.npz")), "none.npz: expected a file, found none"),
    ],
)
def test_what_cannot_be_shown_is_refused(manner: Manner, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        TASKS["walker2d"].demonstrator(manner)


def test_actors_of_others_are_refused(tmp_path) -> None:
    arrays = {"weight0": np.zeros((4, 17)), "bias0": np.zeros(4), "std": np.ones(6)}
    arrays |= {"mean_weight": np.zeros((6, 4)), "mean_bias": np.zeros(6)}
    arrays["activation"] = np.array("tanh")
    named = {f"Walker2d/ppo/{name}": array for name, array in arrays.items()}
    np.savez(tmp_path / "actors.npz", **named)
    with pytest.raises(BadInput, match="an actor of Walker2d by trpo, found ppo"):
        TASKS["walker2d"].demonstrator(Manner(policies=tmp_path / "actors.npz"))


@pytest.mark.parametrize("name", ["pusht", "avoiding"])
def test_others_have_no_use_for_a_file_of_actors(name: str) -> None:
    with pytest.raises(BadInput, match=f"--policies: expected none for --task {name}"):
        TASKS[name].demonstrator(Manner(policies=Path("actors.npz")))


def test_without_mujoco_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr("onehop_tasks._installed.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[locomotion\]'"):
        TASKS["halfcheetah"].scene.make()
    with pytest.raises(BadInput, match=r"pip install 'onehop-tasks\[locomotion\]'"):
        TASKS["walker2d"].demonstrator(Manner(policies=POLICIES))

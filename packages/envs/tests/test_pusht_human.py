"""The physics against what people did in the published environment."""

from pathlib import Path

import numpy as np
import pytest

from onehop_envs import (
    SUCCESS_COVERAGE,
    DiffusionPolicyEpisodes,
    PushTPhysics,
    paper_start,
    read_diffusion_policy_zarr,
    with_pictures,
)

REAL = Path(__file__).parents[3].parent / "shared/data/pusht_cchi_v7_replay.zarr.zip"


@pytest.fixture(scope="module")
def episodes() -> list[dict[str, np.ndarray]]:
    pytest.importorskip("zarr", reason="needs onehop-envs[zarr]")
    if not REAL.exists():
        pytest.skip(f"the human demonstrations are not at {REAL}")
    human = read_diffusion_policy_zarr(REAL)
    bounds = zip([0, *human.episode_ends[:-1]], human.episode_ends, strict=True)
    arrays = {**human.obs, "action": human.actions}
    return [
        {name: array[begin:end].astype(float) for name, array in arrays.items()}
        for begin, end in bounds
    ]


def replay(seed: int, actions: np.ndarray) -> tuple[np.ndarray, float]:
    """States before each action, and the best coverage."""
    physics, states, best = PushTPhysics(), [], 0.0
    physics.set_state(paper_start(seed))
    for x, y in actions.tolist():
        states.append(physics.state)
        physics.step((x, y))
        best = max(best, physics.coverage())
    return np.array(states), best


def test_human_demonstrations_replay_open_loop(episodes) -> None:
    """The k-th was recorded from the paper's start of seed k: nothing is fitted."""
    worst, best = [], []
    for seed, episode in enumerate(episodes):
        states, coverage = replay(seed, episode["action"])
        np.testing.assert_allclose(states[0], episode["state"][0], rtol=0, atol=1e-4)
        worst.append(np.abs(states - episode["state"])[:, 2:4].max())
        best.append(coverage)
    assert len(worst) == 206
    assert max(worst) <= 1.0  # [px]
    assert np.median(worst) <= 1e-4
    # What the recorded episodes are known to be worth.
    assert np.sum(np.array(best) > SUCCESS_COVERAGE) == 7
    score = np.minimum(np.divide(best, SUCCESS_COVERAGE), 1.0).mean()
    assert score == pytest.approx(0.9466, abs=1e-4)


def test_keypoints_are_those_of_the_recording(episodes) -> None:
    """In rows where the block rests: elsewhere the recorder read the two apart."""
    physics, errors = PushTPhysics(legacy=False), []
    for episode in episodes[::10]:
        block, points = episode["state"][:, 2:], episode["keypoints"][:, :18]
        rests = (block[:-2] == block[1:-1]) & (block[1:-1] == block[2:])
        for i in 1 + np.flatnonzero(rests.all(1))[::10]:
            physics.set_state((5.0, 5.0, *block[i].tolist()))
            errors.append(np.ravel(physics.keypoints()) - points[i])
    assert len(errors) > 50
    np.testing.assert_allclose(errors, 0, atol=1e-3)


def test_pictures_are_those_of_the_published_environment(episodes) -> None:
    """1.1 grey levels apart on average, most of it in the edges of agent and T."""
    source, off = DiffusionPolicyEpisodes(REAL), []
    for i in (0, 50, 100, 150, 205):
        seen = source.episode(i)
        drawn = with_pictures(seen).obs["image"].astype(int)
        np.testing.assert_array_equal(seen.obs["agent_pos"], seen.obs["state"][:, :2])
        off.append(np.abs(drawn - seen.obs["image"]).mean(axis=(1, 2, 3)))
    assert np.concatenate(off).mean() < 1.5
    assert np.concatenate(off).max() < 3.0

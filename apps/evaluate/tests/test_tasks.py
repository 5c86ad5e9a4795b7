import gymnasium
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

import onehop_envs
from onehop_evaluate import PUSHT, Start, rollout
from onehop_evaluate._episode import Episode
from onehop_interfaces import BadInput, Signature


class Recorded(torch.nn.Module):
    """Plays given actions (E, T, 2) from first to last, whatever it sees."""

    nfe, noise = 1, ()

    def __init__(self, actions: np.ndarray) -> None:
        super().__init__()
        self.signature = Signature({"keypoints": (20,)}, 2, 16, 8, 2)
        self.chunks = torch.from_numpy(actions).split(8, dim=1)
        self.decisions = 0

    def act(self, obs, noise):
        chunk = self.chunks[self.decisions]
        self.decisions += 1
        return torch.nn.functional.pad(chunk, (0, 0, 0, 8))


def test_pusht_rollouts_equal_stepping_the_environment(cpu):
    rng = np.random.default_rng(0)
    actions = rng.uniform(100, 400, (2, 304, 2)).astype(np.float32)
    starts = PUSHT.starts["test"].take(2)
    rollouts = rollout(Recorded(actions), PUSHT, starts, 0, cpu)
    assert rollouts.metric.shape == (2, 300)
    for i, start in enumerate(starts):
        env = gymnasium.make("onehop/PushTKeypoints-v0")
        obs, _ = env.reset(seed=start.seed)
        coverage, reward, agent = [], [], [obs[18:]]
        for action in actions[i, :300]:
            obs, r, terminated, truncated, info = env.step(action)
            coverage.append(info["coverage"])
            reward.append(r)
            agent.append(obs[18:])
            assert not terminated
        assert truncated
        env.close()
        assert_array_equal(rollouts.metric[i], coverage)
        assert_allclose(rollouts.agent[i], agent, rtol=1e-6)
        assert_allclose(rollouts.score[i], max(reward))


def test_papers_starts_are_the_papers(cpu):
    for start in PUSHT.starts["paper"].take(3):
        episode = Episode(PUSHT, start, n_obs=2)
        # The block is put down and one physics step of 0.01 s follows.
        expected = onehop_envs.paper_start(start.seed)[:2]
        assert_allclose(episode.agent[0], expected, atol=0.5)
        assert_array_equal(episode.window[0], episode.window[1])
        episode.env.close()


def test_pusht_ends_where_its_threshold_is():
    env = PUSHT.make()
    env.reset(seed=0, options={"state": [50.0, 50.0, 256.0, 256.0, np.pi / 4]})
    _, _, terminated, _, info = env.step(np.float32([50, 50]))
    env.close()
    assert terminated == (info[PUSHT.metric] > PUSHT.threshold)


def test_policy_for_other_observations_is_refused():
    signature = Signature({"state": (5,)}, 2, 16, 8, 2)
    with pytest.raises(BadInput, match=r"mine: .*'keypoints'.* wants \['state'\]"):
        PUSHT.check("mine", signature)


def test_observation_that_is_not_finite_names_itself(cpu):
    start = Start(0, {"state": [50.0, 50.0, float("nan"), 256.0, 0.0]})
    with pytest.raises(BadInput, match="expected 5 finite numbers"):
        rollout(Recorded(np.zeros((1, 300, 2), np.float32)), PUSHT, [start], 0, cpu)

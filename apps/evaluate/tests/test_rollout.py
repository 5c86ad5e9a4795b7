import dataclasses

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from onehop_evaluate import Rollouts
from onehop_evaluate import rollout as episodes
from onehop_interfaces import BadInput
from onehop_tasks import Start

STARTS = [Start(0), Start(4), Start(2)]


def rollout(policy, task, starts, seed, device) -> Rollouts:
    """The episodes in the order of their starts, whichever ended first."""
    found = list(episodes(policy, task, starts, seed, device))
    found.sort(key=lambda each: starts.index(each[0]))
    return Rollouts.of([record for _, record in found], task.scene.max_steps)


def test_known_outcome(walk, scripted, cpu):
    rollouts = rollout(scripted(), walk, STARTS, 0, cpu)
    assert_array_equal(rollouts.steps, [10, 6, 8])
    assert_array_equal(rollouts.decisions, [4, 2, 3])
    assert_array_equal(rollouts.success, [True, True, True])
    measure = walk.measure
    assert_allclose(rollouts.outcome(measure.outcome), [1, 1, 1], atol=1e-6)
    means = rollouts.outcome(measure.others[0])
    assert_allclose(means, [0.55, 0.75, 0.65], atol=1e-6)
    assert_allclose(rollouts.metric[1, :6], [0.5, 0.6, 0.7, 0.8, 0.9, 1], atol=1e-6)
    assert np.isnan(rollouts.metric[1, 6:]).all()


def test_failure_uses_all_steps_and_max_is_over_time(walk, scripted, cpu):
    rollouts = rollout(scripted(stride=(-0.1, 0.0)), walk, STARTS, 0, cpu)
    assert_array_equal(rollouts.steps, [12, 12, 12])
    assert not rollouts.success.any()
    maxima = rollouts.outcome(walk.measure.outcome)
    assert_allclose(maxima, [-0.01, 0.39, 0.19], atol=1e-6)


def test_policy_sees_the_last_frames_and_replans_after_n_action(walk, scripted, cpu):
    policy = scripted(n_obs=2, n_action=3)
    rollout(policy, walk, [Start(0)], 0, cpu)
    first_x = [window[0, :, 0].tolist() for window in policy.seen]
    assert first_x == [[0, 0], [2, 3], [5, 6], [8, 9]]


@pytest.mark.parametrize(("now", "progress"), [(0, 0.3), (1, 0.5)])
def test_what_is_carried_out_starts_now(walk, scripted, cpu, now, progress):
    """Of a plan of steps 0, 0.1, 0.2, 0.2 three are carried out, from row `now`."""
    stride = torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.2, 0.0], [0.2, 0.0]])
    policy = scripted(stride=stride)
    policy.signature = dataclasses.replace(policy.signature, now=now)
    agent = rollout(policy, walk, [Start(0)], 0, cpu).agent
    assert_allclose(agent[0, 3, 0], progress, atol=1e-6)


def test_batch_shrinks_as_episodes_end(walk, scripted, cpu):
    policy = scripted()
    rollout(policy, walk, STARTS, 0, cpu)
    rows = [window[:, -1].tolist() for window in policy.seen]
    assert [len({tuple(row) for row in seen}) for seen in rows] == [3, 3, 2, 1]
    assert {len(seen) for seen in rows} == {8}


def test_agent_path_begins_at_the_start_and_ends_in_nan(walk, scripted, cpu):
    path = rollout(scripted(), walk, STARTS, 0, cpu).agent
    assert path.shape == (3, 13, 2)
    assert_array_equal(path[1, :7, 0], [4, 5, 6, 7, 8, 9, 10])
    assert_array_equal(path[1, :7, 1], [4] * 7)
    assert np.isnan(path[1, 7:]).all()


def test_curves_hold_the_last_value(walk, scripted, cpu):
    rollouts = rollout(scripted(), walk, STARTS, 0, cpu)
    assert_allclose(rollouts.curves[1, 5:], 1.0, atol=1e-6)
    assert_array_equal(rollouts.curves[:, :6], rollouts.metric[:, :6])


def test_options_reach_the_environment(walk, scripted, cpu):
    start = Start(0, {"position": [9.0, 1.0]})
    rollouts = rollout(scripted(), walk, [start], 0, cpu)
    assert_array_equal(rollouts.steps, [1])


def test_same_seed_same_episodes(walk, scripted, cpu):
    runs = [
        rollout(scripted(noise=0.3), walk, STARTS, seed, cpu).agent
        for seed in (1, 1, 2)
    ]
    assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2], equal_nan=True)


def test_an_episode_does_not_depend_on_which_others_run(walk, scripted, cpu):
    policy = scripted(noise=0.3)
    together = rollout(policy, walk, STARTS, 0, cpu)
    alone = [rollout(policy, walk, [start], 0, cpu).agent[0] for start in STARTS]
    assert_array_equal(together.agent, alone)
    turned = rollout(policy, walk, STARTS[::-1], 0, cpu).agent
    assert_array_equal(turned[::-1], together.agent)


def test_starts_decisions_and_seeds_have_noise_of_their_own(walk, scripted, cpu):
    still = scripted(stride=(0.0, 0.0), noise=0.1, n_action=1)
    runs = [rollout(still, walk, STARTS, seed, cpu).agent for seed in (0, 1)]
    steps = np.diff(np.stack(runs), axis=2).reshape(-1, 2)
    assert len(np.unique(steps.round(6), axis=0)) == len(steps)


def test_episodes_are_given_as_they_end(walk, scripted, cpu):
    ended = [start for start, _ in episodes(scripted(), walk, STARTS, 0, cpu)]
    assert ended == [Start(4), Start(2), Start(0)]


def test_environments_are_used_again(walk, scripted, cpu):
    """No more of them at a time than the task allows, and the same episodes."""
    made = []

    def make():
        made.append(walk.scene.make())
        return made[-1]

    policy, starts = scripted(noise=0.3), [Start(seed) for seed in range(9)]
    scene = dataclasses.replace(walk.scene, make=make, at_once=2)
    few = dataclasses.replace(walk, scene=scene)
    by_two = rollout(policy, few, starts, 0, cpu)
    assert len(made) == 2
    assert_array_equal(by_two.agent, rollout(policy, walk, starts, 0, cpu).agent)


def test_environments_are_closed_whatever_happens(walk, scripted, cpu):
    closed = []

    def make():
        env = walk.scene.make()
        env.close = lambda: closed.append(env)
        return env

    bad = dataclasses.replace(walk, scene=dataclasses.replace(walk.scene, make=make))
    starts = [Start(0), Start(0, {"position": [float("nan"), 0.0]})]
    with pytest.raises(BadInput):
        rollout(scripted(), bad, starts, 0, cpu)
    assert len(closed) == 2


def test_what_the_environment_says_of_the_way_is_kept(walk, scripted, cpu):
    def make():
        env = walk.scene.make()
        step = env.step

        def with_mode(action):
            *rest, info = step(action)
            return *rest, {**info, "mode": 7} if rest[2] else info

        env.step = with_mode
        return env

    told = dataclasses.replace(walk, scene=dataclasses.replace(walk.scene, make=make))
    assert_array_equal(rollout(scripted(), told, STARTS, 0, cpu).mode, [7, 7, 7])
    assert_array_equal(rollout(scripted(), walk, STARTS, 0, cpu).mode, [-1, -1, -1])


def test_actions_that_are_not_finite_are_refused(walk, scripted, cpu):
    with pytest.raises(BadInput, match="decision 1: expected finite actions, got NaN"):
        rollout(scripted(stride=(float("nan"), 0.0)), walk, STARTS, 0, cpu)


def test_observations_that_are_not_finite_are_refused(walk, scripted, cpu):
    start = Start(0, {"position": [float("nan"), 0.0]})
    with pytest.raises(BadInput, match="'position': expected finite values"):
        rollout(scripted(), walk, [start], 0, cpu)


def test_random_state_of_torch_is_left_alone(walk, scripted, cpu):
    before = torch.get_rng_state()
    rollout(scripted(noise=1.0), walk, STARTS, 0, cpu)
    torch.testing.assert_close(torch.get_rng_state(), before, rtol=0, atol=0)

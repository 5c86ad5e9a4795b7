"""Critics: what they learn from, and what a run of one leaves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from onehop_envs import Demonstrations, Rewards, returns
from onehop_interfaces import BadInput, Signature
from onehop_methods import load_judge, load_returns
from onehop_selectors import Judge
from onehop_teachers import (
    DiffusionTeacher,
    Flatten,
    PredictX,
    ResidualMLP,
    ScaledActions,
    SquaredCosine,
    load_checkpoint,
    save_checkpoint,
    save_teacher,
)
from onehop_train.__main__ import main
from onehop_train._data import WindowData
from onehop_train._held_out import hold_out, ranks
from onehop_train._return_data import ReturnData
from onehop_train._transitions import TransitionData

CPU = torch.device("cpu")


def walks(episodes: int = 40, length: int = 12) -> Demonstrations:
    """Steps of -1 to 1 on a line; what is earned is how far right one stands."""
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (episodes, length, 1))
    states = np.cumsum(actions, 1) - actions
    return Demonstrations(
        {"state": states.reshape(-1, 1).astype(np.float32)},
        actions.reshape(-1, 1).astype(np.float32),
        np.arange(1, episodes + 1) * length,
        {},
        Rewards(
            (states + actions).reshape(-1).astype(np.float32),
            np.arange(episodes) % 2 == 0,
        ),
    )


def test_transitions_are_steps_with_what_followed():
    demos = walks(3, 4)
    data = TransitionData(demos, "state", CPU)
    of, states = data.of, torch.from_numpy(demos.obs["state"])
    # Episodes 0 and 2 ended, 1 was stopped: its last step has no successor.
    rows = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    assert torch.equal(of.s, states[rows])
    assert torch.equal(of.a, torch.from_numpy(demos.actions)[rows])
    assert torch.equal(of.r, torch.from_numpy(demos.rewards.each)[rows])
    assert of.at.tolist() == rows
    assert of.ended.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    following = of.ended == 0
    after = [row + 1 for row in rows]
    assert torch.equal(
        of.s_next[following],
        states[[a for a, f in zip(after, following, strict=True) if f]],
    )
    sums = demos.rewards.each.reshape(3, 4).sum(1)
    np.testing.assert_allclose(data.returns, sums, rtol=1e-6)


def test_a_draw_is_a_function_of_its_seed():
    data = TransitionData(walks(), "state", CPU)
    assert torch.equal(data.draw(50, 3).s, data.draw(50, 3).s)
    assert not torch.equal(data.draw(50, 3).s, data.draw(50, 4).s)
    drawn = torch.cat([data.draw(500, seed).s for seed in range(20)])
    assert set(data.of.s.flatten().tolist()) == set(drawn.flatten().tolist())


def test_half_precision_is_read(tmp_path):
    demos = walks()
    half = Demonstrations(
        {"state": demos.obs["state"].astype(np.float16)},
        demos.actions.astype(np.float16),
        demos.episode_ends,
        {},
        Rewards(demos.rewards.each.astype(np.float16), demos.rewards.terminals),
    )
    half.save(tmp_path / "half.safetensors")
    back = TransitionData(
        Demonstrations.load(tmp_path / "half.safetensors"), "state", CPU
    )
    assert back.of.s.dtype == back.of.r.dtype == torch.float32
    torch.testing.assert_close(
        back.of.s, TransitionData(demos, "state", CPU).of.s, atol=5e-3, rtol=1e-3
    )


def words(tmp_path, *more: str) -> list[str]:
    data = tmp_path / "walks.safetensors"
    if not data.exists():
        walks().save(data)
    out = str(tmp_path / "critic")
    return ["critic", "--data", str(data), "--out", out, "--width", "16", *more]


def test_a_run_leaves_a_judge_that_prefers_what_pays(tmp_path):
    settings = ("--lr", "3e-3", "--gamma", "0.5", "--target-rate", "0.1")
    main(words(tmp_path, "--steps", "600", *settings))
    metrics = load_checkpoint(tmp_path / "critic" / "checkpoint").provenance["metrics"]
    # The action now is most of what V does not know.
    assert metrics["v_rank"] > 0.6
    assert metrics["q_rank"] > 0.9
    judge = load_judge(tmp_path / "critic")
    s = torch.tensor([[-1.0], [0.0], [1.0]])
    assert judge.v(s).diff().min() > 0
    right, left = judge.q(s, torch.ones(3, 1)), judge.q(s, -torch.ones(3, 1))
    assert (right > left).all()
    assert (judge.act(s) > 0).all()


# Of twenty updates the last four are the actor's.
@pytest.mark.parametrize("stop", [12, 20])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path, stop):
    main(words(tmp_path, "--steps", "20"))
    whole = load_judge(tmp_path / "critic").state_dict()
    (tmp_path / "critic").rename(tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("onehop_train._loop.check_finite", _stop_at(stop))
        with pytest.raises(SystemExit):
            main(words(tmp_path, "--steps", "20", "--save-every", "6"))
    main(words(tmp_path, "--steps", "20", "--save-every", "6", "--resume"))
    again = load_judge(tmp_path / "critic").state_dict()
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def _stop_at(step: int):
    def check(accelerator, at, metrics):
        if at == step:
            raise KeyboardInterrupt

    return check


def test_data_without_rewards_or_state_are_refused(tmp_path, capsys):
    demos = walks()
    without = Demonstrations(demos.obs, demos.actions, demos.episode_ends)
    with pytest.raises(BadInput, match="expected demonstrations with rewards"):
        TransitionData(without, "state", CPU)
    with pytest.raises(SystemExit) as error:
        main(words(tmp_path, "--steps", "5", "--obs", "image"))
    assert error.value.code == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert "--obs: expected numbers (N, S) as 'image'" in text
    assert not (tmp_path / "critic").exists()


def test_a_return_classifier_is_taught_in_a_teachers_spaces(tmp_path):
    """Right is where more is earned from now on."""
    walker(tmp_path / "teacher")
    walks().save(tmp_path / "walks.safetensors")
    words = ["returns", "--data", str(tmp_path / "walks.safetensors")]
    words += [
        "--teacher",
        str(tmp_path / "teacher"),
        "--out",
        str(tmp_path / "returns"),
    ]
    main([*words, "--steps", "400", "--lr", "3e-3", "--width", "16"])
    ranking = load_returns(tmp_path / "returns").selector
    obs = {"state": torch.zeros(3, 1, 1)}
    plans = torch.linspace(-1, 1, 5).view(1, 5, 1, 1).expand(3, 5, 2, 1)
    scores = ranking(plans, obs)
    assert (scores.diff(dim=1) > 0).all()
    further = ranking(plans, {"state": obs["state"] + 1})
    assert (further > scores).all()
    with pytest.raises(BadInput, match="expected a critic's checkpoint, got another"):
        load_judge(tmp_path / "returns")
    with pytest.raises(BadInput, match="expected a return classifier, got another"):
        load_returns(tmp_path / "teacher")


def test_held_out_episodes_are_not_learned_from_and_others_are():
    demos = walks(40, 12)
    learned, held = hold_out(demos, 0.1, seed=0)
    assert (len(learned), len(held)) == (36, 4)
    states = [set(d.obs["state"][1::12].flatten().tolist()) for d in (learned, held)]
    assert states[0] | states[1] == set(demos.obs["state"][1::12].flatten().tolist())
    assert not states[0] & states[1]
    assert hold_out(demos.select(range(5)), 0.1, seed=0)[1] is None


def test_ranks_are_those_of_what_was_earned():
    """A judge that knows the return puts all in order, and none without returns."""

    class Knowing(Judge):
        def v(self, states):
            return states[:, 0] ** 3

        def q(self, states, actions):
            return -torch.stack([states[:, 0], states[:, 0] + 1])

    judge = Knowing("state", 1, 1, 4, 1)
    demos = replace(
        walks(2, 12), obs={"state": np.arange(24, dtype=np.float32)[:, None]}
    )
    rising = Rewards(np.arange(24, dtype=np.float32), np.array([True, True]))
    ranked = ranks(judge, replace(demos, rewards=rising), gamma=0.0)
    assert ranked == pytest.approx({"v_rank": 1.0, "q_rank": -1.0})
    stopped = replace(rising, terminals=np.array([False, False]))
    assert ranks(judge, replace(demos, rewards=stopped), gamma=0.99) == {}


def test_returns_cut_short_are_not_learned_from(tmp_path):
    demos, teacher = walks(4, 12), walker(tmp_path / "teacher")
    windows = WindowData(demos, teacher.signature, CPU)
    data = ReturnData(demos, windows, gamma=0.5, unknown=0.01)
    # .5^7 < .01: of 1 and 3, which were stopped, the last six steps are left out.
    wanted = [i for i in range(48) if (i // 12) % 2 == 0 or i % 12 <= 5]
    assert data.rows.tolist() == wanted
    earned = returns(demos.rewards.each, demos.episode_ends, 0.5)
    np.testing.assert_allclose(data.returns, earned[wanted], rtol=1e-6)
    drawn = data.draw(200, seed=0)
    of = dict(zip(demos.actions[:, 0].tolist(), earned, strict=True))
    first = drawn.batch.actions[:, 0, 0].tolist()
    np.testing.assert_allclose(drawn.returns, [of[a] for a in first], rtol=1e-6)
    stopped = replace(
        demos, rewards=replace(demos.rewards, terminals=np.zeros(4, bool))
    )
    with pytest.raises(BadInput, match=r"--gamma 0.997: expected recordings"):
        ReturnData(stopped, windows, gamma=0.997, unknown=0.1)


def walker(folder) -> DiffusionTeacher:
    """An untrained teacher of two steps on the line."""
    demos = walks()
    signature = Signature({"state": (1,)}, 1, 2, 1, action_dim=1)
    teacher = DiffusionTeacher(
        signature,
        SquaredCosine(steps=10),
        PredictX(),
        ResidualMLP(2, 1, 1, width=8, blocks=1),
        Flatten({"state": (1,)}, n_obs=1),
        ScaledActions(1),
    )
    data = WindowData(demos, signature, CPU).sample()
    save_teacher(folder, teacher.fit(data.obs, data.actions), {})
    return teacher


def test_another_checkpoint_is_no_judge(tmp_path):
    save_checkpoint(tmp_path / "other", {"a": torch.zeros(1)}, {"method": "sds"}, {})
    with pytest.raises(BadInput, match="expected a critic's checkpoint, got another"):
        load_judge(tmp_path / "other")


def test_a_critic_is_trained_in_single_precision_only(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["critic", "--precision", "bf16", "--data", "d", "--out", str(tmp_path)])
    assert "--precision" in capsys.readouterr().err

import numpy as np
import pytest

from onehop_envs import Demonstrations, Rewards, returns
from onehop_interfaces import BadInput


def make(lengths: list[int], seed: int = 0, dtype: type = np.float32) -> Demonstrations:
    rng = np.random.default_rng(seed)
    n = sum(lengths)
    return Demonstrations(
        {"state": rng.normal(size=(n, 3)).astype(dtype)},
        rng.normal(size=(n, 2)).astype(dtype),
        np.cumsum(lengths),
        {},
        Rewards(rng.normal(size=n).astype(dtype), rng.random(len(lengths)) < 0.5),
    )


def test_what_follows_is_known_up_to_where_a_recording_was_stopped() -> None:
    rewards = Rewards(np.zeros(6, np.float32), np.array([False, True, False]))
    known = rewards.known(np.array([3, 5, 6]))
    assert known.tolist() == [3, 2, 1, np.inf, np.inf, 1]


@pytest.mark.parametrize("gamma", [0.0, 0.9, 1.0])
def test_returns_are_the_sums_that_define_them(gamma: float) -> None:
    demos = make([3, 1, 7])
    g = returns(demos.rewards.each, demos.episode_ends, gamma)
    start = 0
    for end in demos.episode_ends:
        for i in range(start, end):
            terms = [gamma ** (j - i) * demos.rewards.each[j] for j in range(i, end)]
            assert g[i] == pytest.approx(sum(terms), abs=1e-6)
        start = end


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_file_gives_them_back(tmp_path, dtype: type) -> None:
    demos = make([3, 1, 7], dtype=dtype)
    demos.save(tmp_path / "demos.safetensors")
    back = Demonstrations.load(tmp_path / "demos.safetensors")
    np.testing.assert_array_equal(back.rewards.each, demos.rewards.each, strict=True)
    np.testing.assert_array_equal(
        back.rewards.terminals, demos.rewards.terminals, strict=True
    )
    np.testing.assert_array_equal(back.actions, demos.actions, strict=True)


def test_they_go_with_their_episodes() -> None:
    demos = make([3, 1, 7])
    back = demos.select([2, 0])
    np.testing.assert_array_equal(
        back.rewards.terminals, demos.rewards.terminals[[2, 0]]
    )
    np.testing.assert_array_equal(back.rewards.each[:7], demos.rewards.each[4:])
    joined = Demonstrations.concatenate([demos.select([0, 1]), demos.select([2])])
    np.testing.assert_array_equal(joined.rewards.each, demos.rewards.each)
    np.testing.assert_array_equal(joined.rewards.terminals, demos.rewards.terminals)


def test_the_hash_sees_them() -> None:
    demos, other = make([3, 4]), make([3, 4])
    other.rewards.each[2] += 1
    assert demos.sha256 != other.sha256
    assert (
        demos.sha256
        != Demonstrations(demos.obs, demos.actions, demos.episode_ends).sha256
    )


def test_parts_with_and_without_do_not_join() -> None:
    demos = make([3, 4])
    without = Demonstrations(demos.obs, demos.actions, demos.episode_ends)
    with pytest.raises(
        BadInput, match=r"part 1: expected arrays of widths .*'rewards'"
    ):
        Demonstrations.concatenate([demos, without])


@pytest.mark.parametrize(
    ("each", "terminals", "text"),
    [
        (
            np.zeros(6, np.float32),
            np.zeros(2, bool),
            r"rewards: .*\(7,\), got .*\(6,\)",
        ),
        (
            np.zeros(7),
            np.zeros(2, bool),
            "rewards: expected float32 or .*, got float64",
        ),
        (np.zeros(7, np.float32), np.zeros(3, bool), r"terminals: .*\(2,\), got"),
        (
            np.zeros(7, np.float32),
            np.zeros(2),
            "terminals: expected bool .*, got float",
        ),
        (np.full(7, np.nan, np.float32), np.zeros(2, bool), "rewards: .* finite"),
    ],
)
def test_those_of_other_steps_are_refused(each, terminals, text: str) -> None:
    demos = make([3, 4])
    with pytest.raises(BadInput, match=text):
        Demonstrations(
            demos.obs, demos.actions, demos.episode_ends, {}, Rewards(each, terminals)
        )

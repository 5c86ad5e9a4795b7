"""Data of D4RL and Minari, written here as they write it, and by Minari itself."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from onehop_envs import (
    Demonstrations,
    MinariEpisodes,
    read_d4rl_hdf5,
    read_minari,
    write_episodes,
)
from onehop_interfaces import BadInput

LENGTHS, TERMINAL = [4, 1, 6], [True, True, False]


def steps(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = sum(LENGTHS)
    return {
        "observations": rng.normal(size=(n, 3)).astype(np.float32),
        "actions": rng.normal(size=(n, 2)).astype(np.float32),
        "rewards": rng.normal(size=n),
    }


def flags() -> tuple[np.ndarray, np.ndarray]:
    last = np.zeros(sum(LENGTHS), bool)
    ends = np.cumsum(LENGTHS) - 1
    terminals, timeouts = last.copy(), last.copy()
    terminals[ends] = TERMINAL
    timeouts[ends] = np.invert(TERMINAL)
    return terminals, timeouts


def d4rl(path: Path, **changes) -> Path:
    terminals, timeouts = flags()
    arrays = {**steps(), "terminals": terminals, "timeouts": timeouts, **changes}
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            if array is not None:
                file[name] = array
        file["metadata/policy"] = "an MLP"
    return path


def minari(folder: Path, named: bool = False) -> Path:
    (folder / "data").mkdir(parents=True)
    of, start = steps(), 0
    with h5py.File(folder / "data" / "main_data.hdf5", "w") as file:
        # By name episode_10 stands before episode_2.
        for i, (length, terminal) in enumerate(zip(LENGTHS, TERMINAL, strict=True)):
            group = file.create_group(f"episode_{[1, 2, 10][i]}")
            rows = slice(start, start + length)
            seen = np.concatenate([of["observations"][rows], np.full((1, 3), 9.0)])
            group["observations/arm" if named else "observations"] = seen
            group["actions"], group["rewards"] = (
                of["actions"][rows],
                of["rewards"][rows],
            )
            ends = np.arange(length) == length - 1
            group["terminations"] = ends & terminal
            group["truncations"] = ends & (not terminal)
            start += length
    return folder


def check(demos, name: str = "state") -> None:
    of = steps()
    assert demos.episode_lengths.tolist() == LENGTHS
    np.testing.assert_array_equal(demos.obs[name], of["observations"], strict=True)
    np.testing.assert_array_equal(demos.actions, of["actions"], strict=True)
    np.testing.assert_array_equal(demos.rewards.each, np.float32(of["rewards"]))
    assert demos.rewards.terminals.tolist() == TERMINAL


def test_d4rl_is_read(tmp_path) -> None:
    check(read_d4rl_hdf5(d4rl(tmp_path / "walker.hdf5")))


def test_without_time_outs_the_last_episode_was_stopped(tmp_path) -> None:
    check(read_d4rl_hdf5(d4rl(tmp_path / "walker.hdf5", timeouts=None)))


@pytest.mark.parametrize("named", [False, True])
def test_minari_is_read(tmp_path, named: bool) -> None:
    check(read_minari(minari(tmp_path / "set", named)), "arm" if named else "state")


def test_minari_is_read_one_episode_at_a_time(tmp_path) -> None:
    source = MinariEpisodes(minari(tmp_path / "set"))
    assert source.lengths.tolist() == LENGTHS
    assert source.episode(2).episode_ends.tolist() == LENGTHS[2:]
    write_episodes(source, tmp_path / "file")
    found = Demonstrations.load(tmp_path / "file")
    check(found)
    assert found.sha256 == read_minari(tmp_path / "set").sha256
    assert found.meta == {"source": "Minari data set set"}


def test_states_of_minari_are_those_before_the_steps(tmp_path) -> None:
    folder, qpos = (
        minari(tmp_path / "set"),
        np.random.default_rng(1).normal(size=(7, 5)),
    )
    with h5py.File(folder / "data" / "main_data.hdf5", "a") as file:
        file["episode_10/state/qpos"] = qpos
        file["episode_1/state/qpos"] = qpos[:3]
    source = MinariEpisodes(folder)
    np.testing.assert_array_equal(source.states(2, ["qpos"])["qpos"], qpos[:6])
    for i, names, text in (
        (0, ["qpos"], r"episode_1/state/qpos: expected 4 rows, got 3"),
        (1, ["qpos"], r"episode_2/state: expected a group, found"),
        (2, ["qvel"], r"episode_10/state/qvel: expected an array, found \['qpos'\]"),
    ):
        with pytest.raises(BadInput, match=text):
            source.states(i, names)


@pytest.mark.filterwarnings("ignore::UserWarning")  # author and code are not named
def test_what_minari_itself_wrote_is_read(tmp_path, monkeypatch) -> None:
    minari_ = pytest.importorskip("minari", reason="writes what is read")
    spaces = pytest.importorskip("gymnasium.spaces")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    rng, episodes = np.random.default_rng(0), []
    for i, (length, terminal) in enumerate(zip(LENGTHS, TERMINAL, strict=True)):
        last = np.arange(length) == length - 1
        seen = {
            "arm": rng.normal(size=(length + 1, 3)),
            "image": rng.integers(0, 256, (length + 1, 4, 5, 3), np.uint8),
        }
        episodes.append(
            minari_.data_collector.EpisodeBuffer(
                id=i,
                observations=seen,
                actions=rng.normal(size=(length, 2)).astype(np.float32),
                rewards=rng.normal(size=length),
                terminations=last & terminal,
                truncations=last & (not terminal),
            )
        )
    minari_.create_dataset_from_buffers(
        "toy/pick-v0",
        episodes,
        observation_space=spaces.Dict(
            arm=spaces.Box(-9, 9, (3,), np.float64),
            image=spaces.Box(0, 255, (4, 5, 3), np.uint8),
        ),
        action_space=spaces.Box(-9, 9, (2,), np.float32),
    )
    found = read_minari(tmp_path / "toy" / "pick-v0")
    assert found.episode_lengths.tolist() == LENGTHS
    assert found.rewards.terminals.tolist() == TERMINAL
    for i, buffer in enumerate(episodes):
        episode = found.select([i])
        arm, image = (buffer.observations[name][:-1] for name in ("arm", "image"))
        np.testing.assert_array_equal(episode.obs["arm"], np.float32(arm), strict=True)
        np.testing.assert_array_equal(episode.obs["image"], image, strict=True)
        np.testing.assert_array_equal(episode.actions, buffer.actions)
        np.testing.assert_array_equal(episode.rewards.each, np.float32(buffer.rewards))


@pytest.mark.parametrize("name", ["episode_2", "episode_2/observations"])
def test_no_link_is_followed_in_place_of_a_group(tmp_path, name: str) -> None:
    folder, other = minari(tmp_path / "set"), minari(tmp_path / "other")
    file = folder / "data" / "main_data.hdf5"
    with h5py.File(file, "a") as opened:
        del opened[name]
        target = str(other / "data" / "main_data.hdf5")
        opened[name] = h5py.ExternalLink(target, f"/{name}")
    with pytest.raises(BadInput, match=f"/{name}: .*got a link"):
        read_minari(folder)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"rewards": None}, "/rewards: expected an array, found .*'actions'"),
        ({"rewards": np.zeros(5)}, "expected 11 rows of all, got .5, 11."),
        ({"actions": np.array([b"no"] * 11)}, "/actions: expected numbers, got .S2"),
        ({"observations": np.zeros((11, 3), "c16")}, "expected numbers, got complex"),
        ({"observations": np.float64(3)}, "/observations: expected at most"),
        ({"observations": np.full((11, 3), np.inf)}, "state: expected finite values"),
        (
            {"actions": h5py.SoftLink("/rewards")},
            "/actions: .* in the file, got a link",
        ),
        ({"actions": h5py.ExternalLink("other", "/a")}, "/actions: .*got a link"),
    ],
)
def test_what_is_not_as_expected_is_refused(tmp_path, change, text: str) -> None:
    path = d4rl(tmp_path / "bad.hdf5", **change)
    with pytest.raises(BadInput, match=f"^[^ ]*bad.hdf5: ([^ ]*: )?.*{text}"):
        read_d4rl_hdf5(path)


def test_numbers_that_lie_in_another_file_are_not_read(tmp_path) -> None:
    path = d4rl(tmp_path / "bad.hdf5", rewards=None)
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(88))
    with h5py.File(path, "a") as file:
        external = [(str(secret), 0, 88)]
        file.create_dataset("rewards", (11,), "f8", external=external)
    with pytest.raises(BadInput, match=r"/rewards: .*in the file, got another's"):
        read_d4rl_hdf5(path)


@pytest.mark.parametrize("content", [b"", b"text", bytes(3_000)])
def test_other_files_are_refused(tmp_path, content: bytes) -> None:
    (tmp_path / "bad.hdf5").write_bytes(content)
    with pytest.raises(BadInput, match=r"bad.hdf5: expected an HDF5 file, got"):
        read_d4rl_hdf5(tmp_path / "bad.hdf5")
    with pytest.raises(BadInput, match=r"main_data.hdf5"):
        read_minari(tmp_path)


def test_damaged_files_are_read_or_refused(tmp_path) -> None:
    """Never with another error; what is not sealed may be damaged unseen."""
    whole, rng = d4rl(tmp_path / "whole.hdf5").read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(len(data), size=rng.integers(1, 20)):
            data[at] = rng.integers(256)
        path = tmp_path / "damaged.hdf5"
        path.write_bytes(
            data[: rng.integers(1, len(data))] if rng.random() < 0.2 else data
        )
        try:
            read_d4rl_hdf5(path)
        except BadInput:
            refused += 1
        os.unlink(path)
    assert refused > 50


def test_without_h5py_it_says_what_to_install(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-envs\[hdf5\]'"):
        read_d4rl_hdf5(tmp_path / "any.hdf5")

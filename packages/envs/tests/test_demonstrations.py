import dataclasses
import json
import os
import re

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from onehop_envs import Demonstrations
from onehop_interfaces import BadInput


def make(lengths: list[int], seed: int = 0) -> Demonstrations:
    rng = np.random.default_rng(seed)
    n = sum(lengths)
    return Demonstrations(
        {
            "state": rng.normal(size=(n, 5)).astype(np.float32),
            "cloud": rng.normal(size=(n, 4, 3)).astype(np.float32),
            "image": rng.integers(0, 256, (n, 2, 3, 3), np.uint8),
        },
        rng.normal(size=(n, 2)).astype(np.float32),
        np.cumsum(lengths),
        {"environment": "toy", "seed": seed, "nested": {"a": [1, 2.5, None, True]}},
    )


@pytest.mark.parametrize(
    ("n_obs", "horizon", "now"), [(1, 1, 0), (2, 16, 0), (3, 4, 2), (9, 2, 1)]
)
def test_windows_equal_a_plain_loop(n_obs: int, horizon: int, now: int) -> None:
    demos = make([3, 1, 7])
    windows = demos.windows(n_obs, horizon, now)
    row, start = 0, 0
    for end in demos.episode_ends:
        for i in range(start, end):
            for j in range(n_obs):
                seen = max(i - n_obs + 1 + j, start)
                for name, array in demos.obs.items():
                    np.testing.assert_array_equal(
                        windows.obs[name][row, j], array[seen]
                    )
            for j in range(horizon):
                done = max(min(i - now + j, end - 1), start)
                np.testing.assert_array_equal(
                    windows.actions[row, j], demos.actions[done]
                )
            row += 1
        start = end
    assert row == len(windows.actions) == len(windows.obs["state"])


def test_file_gives_everything_back(tmp_path) -> None:
    demos = make([3, 1, 7])
    demos.save(tmp_path / "demos.safetensors")
    back = Demonstrations.load(tmp_path / "demos.safetensors")
    np.testing.assert_array_equal(back.actions, demos.actions)
    np.testing.assert_array_equal(back.episode_ends, demos.episode_ends)
    assert back.obs.keys() == demos.obs.keys()
    for name, array in demos.obs.items():
        np.testing.assert_array_equal(back.obs[name], array, strict=True)
    assert back.meta == demos.meta
    assert back.sha256 == demos.sha256


def test_equal_demonstrations_are_equal_files(tmp_path) -> None:
    make([3, 4]).save(tmp_path / "a")
    make([3, 4]).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
    (tmp_path / "plain").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_failed_save_leaves_the_old_file(tmp_path) -> None:
    path = tmp_path / "demos"
    make([3, 4]).save(path)
    before = path.read_bytes()
    unwritable = dataclasses.replace(make([3, 4]), meta={"x": object()})
    with pytest.raises(TypeError):
        unwritable.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_hash_sees_values_names_and_ends_but_not_meta() -> None:
    demos = make([3, 4])
    changed = demos.actions.copy()
    changed[2, 1] += 1e-3
    renamed = {name.title(): array for name, array in demos.obs.items()}
    replace = dataclasses.replace
    hashes = {
        demos.sha256,
        replace(demos, actions=changed).sha256,
        replace(demos, obs=renamed).sha256,
        replace(demos, episode_ends=np.array([4, 7])).sha256,
    }
    assert len(hashes) == 4
    assert replace(demos, meta={}).sha256 == demos.sha256


def test_select_and_concatenate_are_inverse() -> None:
    demos = make([3, 1, 7, 2])
    parts = [demos.select([e]) for e in range(4)]
    assert [len(part.actions) for part in parts] == [3, 1, 7, 2]
    assert Demonstrations.concatenate(parts).sha256 == demos.sha256
    swapped = demos.select([2, 0])
    np.testing.assert_array_equal(
        swapped.actions, np.concatenate([demos.actions[4:11], demos.actions[:3]])
    )
    np.testing.assert_array_equal(swapped.episode_ends, [7, 10])


def test_split_deals_every_episode_once() -> None:
    demos = make([2, 3, 4, 5, 6])
    kept, apart = demos.split(held_out=2, seed=3)
    assert (len(kept), len(apart)) == (3, 2)
    lengths = [*kept.episode_lengths, *apart.episode_lengths]
    assert sorted(lengths) == [2, 3, 4, 5, 6]
    again = demos.split(held_out=2, seed=3)
    assert (again[0].sha256, again[1].sha256) == (kept.sha256, apart.sha256)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"episode_ends": np.array([3, 3, 8])}, "episode_ends: .*increasing"),
        ({"episode_ends": np.array([0, 8])}, "episode_ends: .*increasing"),
        # Differences that leave int64 look positive.
        (
            {"episode_ends": np.array([2**63 - 1, 5 - 2**63, -1, 8])},
            "episode_ends: .*increasing",
        ),
        ({"episode_ends": np.array([3, 9])}, r"N = 9.*got \(8, "),
        ({"episode_ends": np.array([], np.int64)}, "episode_ends: expected int64"),
        ({"episode_ends": np.array([3.0, 8.0])}, "episode_ends: .*got float64"),
        ({"actions": np.zeros(8, np.float32)}, r"actions: expected shape \(N, A\)"),
        ({"actions": np.zeros((7, 2), np.float32)}, r"actions: .*got \(7, 2\)"),
        ({"actions": np.zeros((8, 0), np.float32)}, r"actions: .*got \(8, 0\)"),
        ({"actions": np.full((8, 2), np.nan, np.float32)}, "actions: expected finite"),
        ({"obs": {}}, "obs: expected at least one"),
        ({"obs": {"state": np.zeros((8, 5))}}, "obs/state: .*got float64"),
        (
            {"actions": np.zeros((8, 2), np.uint8)},
            "actions: .*float32 or float16, got uint8",
        ),
    ],
)
def test_bad_arrays_are_refused(change, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        dataclasses.replace(make([3, 5]), **change)


def test_other_misuse_is_refused() -> None:
    demos = make([3, 5])
    with pytest.raises(BadInput, match=r"episodes: expected some of 0 to 1, got \[2\]"):
        demos.select([2])
    with pytest.raises(BadInput, match="held_out: expected 1 to 1 episodes, got 2"):
        demos.split(2, seed=0)
    with pytest.raises(BadInput, match="n_obs and horizon >= 1, got 0 and 8"):
        demos.windows(0, 8)
    other = dataclasses.replace(demos, actions=np.zeros((8, 3), np.float32))
    with pytest.raises(BadInput, match="part 1: expected arrays of widths"):
        Demonstrations.concatenate([demos, other])
    with pytest.raises(BadInput, match="parts: expected at least one"):
        Demonstrations.concatenate([])


HEADER = {"format": "onehop-demonstrations", "version": 1, "meta": {}}


def spoil(path, arrays=None, header=HEADER) -> None:
    make([3, 5]).save(path)
    kept = load_file(path)
    kept.update(arrays or {})
    kept = {name: array for name, array in kept.items() if array is not None}
    save_file(kept, path, {"onehop": json.dumps(header)})


@pytest.mark.parametrize(
    ("arrays", "header", "text"),
    [
        ({"actions": None}, HEADER, "array 'actions' is missing, found"),
        ({"episode_ends": None}, HEADER, "array 'episode_ends' is missing"),
        ({"episode_ends": np.array([3, 7])}, HEADER, "N = 7, the last of episode_ends"),
        ({"actions": np.full((8, 2), np.inf, np.float32)}, HEADER, "actions: .*row 0"),
        (
            {},
            {**HEADER, "format": "weights"},
            "expected format 'onehop-demonstrations'",
        ),
        ({}, {**HEADER, "version": 2}, "version 1, found .* version 2"),
        ({}, {**HEADER, "sha255": ""}, "expected a header with 'meta', got .*sha255"),
        ({}, {**HEADER, "meta": []}, "expected a header with 'meta'"),
        ({}, {**HEADER, "meta": {"a": float("nan")}}, "NaN is not finite"),
        ({}, {**HEADER, "sha256": "0" * 64}, "that were saved, .*: the file is damag"),
        ({}, {**HEADER, "sha256": ["0"]}, "that were saved, .*: the file is damaged"),
        ({"more": np.zeros(3)}, HEADER, "array 'more': .*, got F64"),
        ({}, {"format": "onehop-demonstrations"}, "expected format"),
    ],
)
def test_bad_contents_are_refused_by_name(tmp_path, arrays, header, text: str) -> None:
    path = tmp_path / "bad.safetensors"
    spoil(path, arrays, header)
    with pytest.raises(BadInput, match=text) as error:
        Demonstrations.load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kept", [0, 5, 100, 400])
def test_truncated_files_are_refused(tmp_path, kept: int) -> None:
    path = tmp_path / "cut.safetensors"
    make([3, 5]).save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadInput, match="expected a demonstration file"):
        Demonstrations.load(path)


def test_files_from_before_the_hash_are_read(tmp_path) -> None:
    spoil(tmp_path / "old")
    assert Demonstrations.load(tmp_path / "old").sha256 == make([3, 5]).sha256


def test_the_hash_of_the_data_stands_in_the_header(tmp_path) -> None:
    make([3, 5]).save(tmp_path / "file")
    with safe_open(tmp_path / "file", framework="numpy") as stream:
        header = json.loads(stream.metadata()["onehop"])
    assert header["sha256"] == make([3, 5]).sha256


def test_every_flipped_bit_of_the_arrays_is_refused(tmp_path) -> None:
    path = tmp_path / "file"
    make([3, 5]).save(path)
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    assert len(data) - start == 8 * ((5 + 12 + 2) * 4 + 18) + 2 * 8
    for i in range(start, len(data)):
        damaged = bytearray(data)
        damaged[i] ^= 1 << i % 8
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match=re.escape(f"{path}: ")) as error:
            Demonstrations.load(path)
        assert "\n" not in str(error.value)


def test_no_damage_of_the_header_changes_the_arrays(tmp_path) -> None:
    path = tmp_path / "file"
    make([3, 5]).save(path)
    data, whole = path.read_bytes(), make([3, 5]).sha256
    for i in range(8 + int.from_bytes(data[:8], "little")):
        damaged = bytearray(data)
        damaged[i] ^= 1 << i % 7
        path.write_bytes(damaged)
        try:
            found = Demonstrations.load(path).sha256
        except BadInput:
            continue
        assert found == whole


def test_what_is_no_file_is_refused_at_once(tmp_path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("fifo", "device", "loop"):
        with pytest.raises(BadInput, match="expected a file, "):
            Demonstrations.load(tmp_path / name)


def test_other_files_are_refused(tmp_path) -> None:
    (tmp_path / "text").write_text("not a tensor in sight\n" * 9)
    save_file({"w": np.zeros(3)}, tmp_path / "weights")
    for name in ("absent", "text", "weights", "."):
        with pytest.raises(BadInput, match="expected"):
            Demonstrations.load(tmp_path / name)

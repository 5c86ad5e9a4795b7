"""Episodes written one after another: the same file, whatever happens on the way."""

import json
import tracemalloc
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from onehop_envs import (
    PART,
    Demonstrations,
    Rewards,
    _episode_file,
    in_memory,
    write_episodes,
)
from onehop_interfaces import BadInput

LENGTHS = [3, 1, 7, 2]


def whole(paid: bool = True, seed: int = 0) -> Demonstrations:
    rng, n = np.random.default_rng(seed), sum(LENGTHS)
    rewards = Rewards(rng.normal(size=n).astype(np.float32), np.arange(4) % 2 == 0)
    return Demonstrations(
        {
            "state": rng.normal(size=(n, 5)).astype(np.float32),
            "z half": rng.normal(size=(n, 1)).astype(np.float16),
            'b "ü"\n': rng.normal(size=(n, 2, 2)).astype(np.float32),
            "image": rng.integers(0, 256, (n, 2, 3, 3), np.uint8),
        },
        rng.normal(size=(n, 2)).astype(np.float32),
        np.cumsum(LENGTHS),
        {"source": "a tüst", "seed": seed, "nested": {"a": [1, 2.5, None, "0" * 64]}},
        rewards if paid else None,
    )


@dataclass
class Listed:
    """The episodes of demonstrations; what was asked for is noted."""

    of: Demonstrations
    changed: dict[int, Demonstrations] = field(default_factory=dict)
    stops_at: int = -1
    asked: list[int] = field(default_factory=list)

    @property
    def lengths(self):
        return self.of.episode_lengths

    @property
    def meta(self):
        return self.of.meta

    def episode(self, i: int) -> Demonstrations:
        self.asked.append(i)
        if i == self.stops_at:
            raise KeyboardInterrupt
        return self.changed.get(i) or self.of.select([i])


@pytest.fixture
def saved(tmp_path) -> bytes:
    whole().save(tmp_path / "saved")
    return (tmp_path / "saved").read_bytes()


@pytest.mark.parametrize("paid", [False, True])
def test_the_file_is_the_one_that_is_saved_at_once(tmp_path, paid: bool) -> None:
    whole(paid).save(tmp_path / "saved")
    told = []
    written = write_episodes(
        Listed(whole(paid)), tmp_path / "in" / "file", lambda *of: told.append(of)
    )
    file = tmp_path / "in" / "file"
    assert file.read_bytes() == (tmp_path / "saved").read_bytes()
    assert file.stat().st_mode == (tmp_path / "saved").stat().st_mode
    assert [p.name for p in file.parent.iterdir()] == ["file"]
    assert told == [(i, 4) for i in range(5)]
    assert written == (
        4,
        13,
        {name: array.shape[1:] for name, array in whole().obs.items()},
        file.stat().st_size,
        whole(paid).sha256,
    )
    assert in_memory(Listed(whole(paid))).sha256 == written.sha256


@pytest.mark.parametrize("stops_at", [1, 2, 3])
def test_an_interrupted_run_goes_on_to_the_same_bytes(
    tmp_path, saved, stops_at: int
) -> None:
    path = tmp_path / "file"
    with pytest.raises(KeyboardInterrupt):
        write_episodes(Listed(whole(), stops_at=stops_at), path)
    assert not path.exists()
    source = Listed(whole())
    write_episodes(source, path)
    assert source.asked == [0, *range(stops_at, 4)]
    assert path.read_bytes() == saved
    assert not path.with_name(f"file{PART}").exists()


def test_a_killed_run_goes_on_from_what_was_noted(tmp_path, saved, monkeypatch) -> None:
    path, folder = tmp_path / "file", tmp_path / f"file{PART}"
    monkeypatch.setattr(_episode_file, "NOTED", -1)
    with pytest.raises(KeyboardInterrupt):
        write_episodes(Listed(whole(), stops_at=3), path)
    noted = json.loads((folder / "progress.json").read_text())
    assert noted["done"] == 3
    (folder / "progress.json").write_text(json.dumps({**noted, "done": 1}))
    rows = bytearray((folder / "rows.safetensors").read_bytes())
    rows[-3:] = b"\1\0\1"  # what was not noted may be anything
    (folder / "rows.safetensors").write_bytes(rows)
    write_episodes(Listed(whole()), path)
    assert path.read_bytes() == saved


@pytest.mark.parametrize("lost", ["rows.safetensors", "progress.json"])
def test_without_one_of_its_files_it_begins_anew(tmp_path, saved, lost: str) -> None:
    path = tmp_path / "file"
    with pytest.raises(KeyboardInterrupt):
        write_episodes(Listed(whole(), stops_at=2), path)
    (tmp_path / f"file{PART}" / lost).unlink()
    write_episodes(Listed(whole()), path)
    assert path.read_bytes() == saved


@pytest.mark.parametrize(
    "other",
    [whole(seed=1), whole(paid=False), whole().select([0, 2, 1, 3])],
    ids=["values", "arrays", "lengths"],
)
def test_the_part_of_another_source_is_refused(tmp_path, saved, other) -> None:
    path = tmp_path / "file"
    with pytest.raises(KeyboardInterrupt):
        write_episodes(Listed(whole(), stops_at=2), path)
    with pytest.raises(BadInput, match=r"file.part: expected episodes of this source"):
        write_episodes(Listed(other), path)
    write_episodes(Listed(whole()), path)
    assert path.read_bytes() == saved


def narrow() -> Demonstrations:
    episode = whole().select([2])
    obs = {**episode.obs, "state": episode.obs["state"][:, :4]}
    return Demonstrations(
        obs, episode.actions, episode.episode_ends, {}, episode.rewards
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (narrow(), r"expected arrays .*state float32 \(5,\).*got .*float32 \(4,\)"),
        (whole(paid=False).select([2]), "expected arrays .*rewards.*got"),
        (whole().select([3]), r"expected one episode of 7 steps, got ends \[2\]"),
        (whole().select([2, 3]), r"expected one episode of 7 steps, got ends \[7, 9\]"),
    ],
)
def test_an_episode_unlike_the_others_is_refused(tmp_path, change, text: str) -> None:
    for use in (lambda s: write_episodes(s, tmp_path / "file"), in_memory):
        with pytest.raises(BadInput, match=f"^episode 2: {text}"):
            use(Listed(whole(), {2: change}))
    assert not (tmp_path / "file").exists()


def test_what_cannot_be_written_is_said_in_one_line(tmp_path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "taken").touch()
    with pytest.raises(BadInput, match="taken/file: cannot be written"):
        write_episodes(Listed(whole()), tmp_path / "taken" / "file")
    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    with pytest.raises(BadInput, match="file: cannot be written, No space left"):
        write_episodes(Listed(whole()), tmp_path / "file")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


class Pictures:
    """100 episodes of 2 MB, made when they are asked for."""

    lengths = np.full(100, 20)
    meta = {"source": "made"}  # noqa: RUF012

    def episode(self, i: int) -> Demonstrations:
        image = np.full((20, 180, 180, 3), i, np.uint8)
        return Demonstrations(
            {"image": image}, np.ones((20, 2), np.float32), np.array([20])
        )


def test_memory_is_that_of_a_few_episodes(tmp_path) -> None:
    tracemalloc.start()
    try:
        written = write_episodes(Pictures(), tmp_path / "file")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written.nbytes > 190e6
    assert peak < 40e6  # hashing looks at 16 MiB and the next 16
    found = Demonstrations.load(Path(tmp_path / "file"))
    assert [int(found.obs["image"][20 * i, 0, 0, 0]) for i in (0, 41, 99)] == [
        0,
        41,
        99,
    ]

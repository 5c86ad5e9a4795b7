"""Demonstrations in a file: what is read of them, and what of it stays in memory."""

import sys
from pathlib import Path

import numpy as np
import pytest

from onehop_envs import Demonstrations, _mapped, gather
from onehop_interfaces import BadInput

LENGTHS = [30, 1, 89]


def make(seed: int = 0) -> Demonstrations:
    """6 MB of pictures, and an action for each."""
    rng = np.random.default_rng(seed)
    n = sum(LENGTHS)
    return Demonstrations(
        {"image": rng.integers(0, 256, (n, 128, 128, 3), np.uint8)},
        rng.normal(size=(n, 2)).astype(np.float32),
        np.cumsum(LENGTHS),
    )


def resident(path: Path) -> int:
    """Bytes of a file's mappings that this process holds in memory."""
    held, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            ours = words[-1] == str(path)
        elif ours and words[0] == "Rss:":
            held += 1024 * int(words[1])
    return held


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch) -> None:
    monkeypatch.setattr(_mapped, "BLOCK", 2**17)


@pytest.fixture
def path(tmp_path) -> Path:
    make().save(tmp_path / "demos")
    return tmp_path / "demos"


def test_what_is_mapped_is_what_was_saved(path) -> None:
    demos, found = make(), Demonstrations.load(path)
    np.testing.assert_array_equal(found.obs["image"], demos.obs["image"], strict=True)
    np.testing.assert_array_equal(found.actions, demos.actions, strict=True)
    with pytest.raises(ValueError, match="read-only"):
        found.obs["image"][0, 0, 0, 0] = 1


def test_the_hash_does_not_depend_on_the_blocks(path, monkeypatch) -> None:
    found = Demonstrations.load(path)
    again = Demonstrations(found.obs, found.actions, found.episode_ends)
    monkeypatch.setattr(_mapped, "BLOCK", 2**30)
    assert found.sha256 == again.sha256 == make().sha256


def test_numbers_that_are_not_finite_are_found_in_every_block() -> None:
    numbers = np.zeros((120, 1000), np.float32)
    numbers[77, 5] = np.inf
    demos = make()
    with pytest.raises(BadInput, match=r"obs/numbers: .* infinity in row 77"):
        Demonstrations({"numbers": numbers}, demos.actions, demos.episode_ends)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_of_a_large_array_stays_in_memory(path) -> None:
    found = Demonstrations.load(path)
    assert resident(path) == 0
    every = make().obs["image"]
    image, (seen, _) = found.obs["image"], found.window_rows(2, 4)
    for rows in np.array_split(np.random.default_rng(0).permutation(120), 20):
        np.testing.assert_array_equal(gather(image, seen[rows]), every[seen[rows]])
        assert resident(path) == 0
    assert found.obs["image"].any()
    assert resident(path) >= found.obs["image"].nbytes


def test_small_arrays_are_in_memory(path) -> None:
    found = Demonstrations.load(path)
    assert found.actions.base is None
    assert found.obs["image"].base is not None


def test_a_file_that_is_replaced_stays_as_it_was_where_it_is_mapped(path) -> None:
    found = Demonstrations.load(path)
    make(seed=1).save(path)
    np.testing.assert_array_equal(found.obs["image"], make().obs["image"])


def test_mapped_demonstrations_are_put_together_and_picked_from(path, tmp_path) -> None:
    found = Demonstrations.load(path)
    both = Demonstrations.concatenate([found, make(seed=1)])
    both.save(tmp_path / "both")
    back = Demonstrations.load(tmp_path / "both")
    assert back.obs["image"].dtype == np.uint8
    assert back.select([0, 1, 2]).sha256 == found.sha256
    assert back.select([3, 4, 5]).sha256 == make(seed=1).sha256

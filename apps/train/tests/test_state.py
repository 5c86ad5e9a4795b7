import json
import math
import os
from functools import partial
from pathlib import Path

import pytest
import torch

from onehop_interfaces import BadInput
from onehop_interfaces.testing import same_state
from onehop_train import _state
from onehop_train._state import latest_step, read_state, restore, write_state

STATE = {
    "net": {"weight": torch.randn(3, 2), "none": None},
    "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "groups": [{"lr": 1e-3}]},
    "generator": torch.Generator().get_state(),
    "flags": [True, "text", 7, 0.1],
}


def test_round_trip_is_exact_and_keeps_integer_keys(tmp_path):
    write_state(tmp_path, 5, STATE)
    assert same_state(read_state(tmp_path, 5), STATE)


def test_tensors_that_share_memory_survive(tmp_path):
    shared = torch.arange(4.0)
    write_state(tmp_path, 1, {"a": shared, "b": shared})
    assert same_state(read_state(tmp_path, 1), {"a": shared, "b": shared})


def test_only_the_latest_complete_state_stays(tmp_path):
    assert latest_step(tmp_path) is None
    write_state(tmp_path, 5, STATE)
    write_state(tmp_path, 10, STATE)
    (tmp_path / "step-00000015.partial").mkdir()
    assert latest_step(tmp_path) == 10
    write_state(tmp_path, 15, STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000015"]


def test_a_state_that_is_there_stays(tmp_path):
    write_state(tmp_path, 5, STATE)
    write_state(tmp_path, 5, STATE)
    assert same_state(read_state(tmp_path, 5), STATE)


def cut(file):
    file.write_bytes(file.read_bytes()[:10])


def flip(file):
    damaged = bytearray(file.read_bytes())
    damaged[-3] ^= 1
    file.write_bytes(damaged)


def fifo(file):
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
@pytest.mark.parametrize("damage", [cut, flip, fifo, Path.unlink])
def test_damage_is_one_line_that_says_what_to_do(tmp_path, name, damage):
    write_state(tmp_path, 5, STATE)
    folder = tmp_path / "step-00000005"
    damage(folder / name)
    with pytest.raises(BadInput, match=rf"expected.*; remove the folder {folder} to"):
        read_state(tmp_path, 5)


@pytest.mark.parametrize(
    "skeleton",
    [
        "[]",
        "{}",
        '{"dict": 3}',
        '{"dict": [["a"]]}',
        '{"dict": [[["a"], 1]]}',
        '{"dict": [["a", {"tensor": "99"}]]}',
        '{"dict": [["a", {"tensor": {}}]]}',
        '{"dict": [["a", NaN]]}',
        '{"dict": ' + "[" * 10**5,
    ],
)
def test_another_structure_is_one_line(tmp_path, skeleton):
    write_state(tmp_path, 5, STATE)
    (tmp_path / "step-00000005" / "state.json").write_text(skeleton)
    with pytest.raises(BadInput, match=r"step-00000005.*remove the folder"):
        read_state(tmp_path, 5)


class Counter:
    """A distiller that counts."""

    def load_state_dict(self, state):
        self.count = state["count"]


def test_a_distiller_goes_on_from_its_own_state_only(tmp_path):
    counter = Counter()
    assert restore(counter, tmp_path) == 0
    write_state(tmp_path, 5, {"count": 5})
    assert restore(counter, tmp_path) == counter.count == 5
    write_state(tmp_path, 6, {"other": 6})
    with pytest.raises(BadInput, match="step-00000006: expected a saved state, got"):
        restore(counter, tmp_path)


@pytest.mark.parametrize("bad", [math.nan, math.inf, torch.tensor([1.0, math.nan])])
def test_what_is_not_finite_is_neither_written_nor_read(tmp_path, monkeypatch, bad):
    write_state(tmp_path, 5, STATE)
    with pytest.raises(BadInput, match=r"step-00000006, a, 1: expected finite numbers"):
        write_state(tmp_path, 6, {"a": [0.5, bad]})
    assert latest_step(tmp_path) == 5
    monkeypatch.setattr(_state, "_check_finite", lambda state, where: None)
    monkeypatch.setattr(json, "dumps", partial(json.dumps, allow_nan=True))
    if isinstance(bad, torch.Tensor):
        write_state(tmp_path, 6, {"a": [0.5, bad]})
        monkeypatch.undo()
        with pytest.raises(BadInput, match="its values, a, 1: expected finite numbers"):
            read_state(tmp_path, 6)


class Killed(BaseException):
    """The process ends here."""


CHANGES = [
    *((Path, name) for name in ("mkdir", "rename", "write_text", "open")),
    *((os, name) for name in ("fsync", "unlink", "rmdir")),
    (_state.shutil, "rmtree"),
    (_state, "save_file"),
]
"""Whatever changes the disk, or opens a file to."""


def test_a_kill_at_any_moment_leaves_a_state_to_go_on_from(tmp_path, monkeypatch):
    """Before each change in turn: what is there is whole, old or new, and goes on."""
    old, new = {"count": 1, "w": torch.ones(3)}, {"count": 2, "w": torch.zeros(3)}
    seen = set()
    for stop in range(100):
        folder = tmp_path / str(stop)
        write_state(folder, 1, old)
        with monkeypatch.context() as patch:
            kill_at(stop, patch)
            try:
                write_state(folder, 2, new)
                killed = False
            except Killed:
                killed = True
        counter = Counter()
        step = restore(counter, folder)
        assert step == counter.count
        seen.add(step)
        write_state(folder, 2, new)
        assert [path.name for path in folder.iterdir()] == ["step-00000002"]
        assert same_state(read_state(folder, 2), new)
        if not killed:
            break
    assert not killed
    assert seen == {1, 2}


def kill_at(stop, patch):
    """Let `stop` changes happen, then end instead of the next."""
    done = 0

    def guarded(change):
        def maybe(*args, **options):
            nonlocal done
            if done >= stop:
                raise Killed
            done += 1
            return change(*args, **options)

        return maybe

    for where, name in CHANGES:
        patch.setattr(where, name, guarded(getattr(where, name)))

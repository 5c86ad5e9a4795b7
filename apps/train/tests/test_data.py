"""Windows: gathered from memory or from a file, of numbers and of pictures."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from onehop_envs import Demonstrations, Rewards, read_d3il_avoiding
from onehop_interfaces import BadInput, Batch, Signature
from onehop_train import _data
from onehop_train.__main__ import main
from onehop_train._data import MOST_ROWS, WindowData, read_demonstrations

CPU = torch.device("cpu")
SIGNATURE = Signature({"image": (6, 5, 3), "state": (2,)}, 2, 4, 2, 3)


def demonstrations(ends=(3, 10, 12), seed: int = 0) -> Demonstrations:
    """Episodes of pictures, states and actions."""
    draw, n = np.random.default_rng(seed), ends[-1]
    image = draw.integers(0, 256, (n, 6, 5, 3), np.uint8)
    state = draw.normal(size=(n, 2)).astype(np.float32)
    actions = draw.normal(size=(n, 3)).astype(np.float32)
    return Demonstrations({"image": image, "state": state}, actions, np.array(ends))


@pytest.fixture(params=["in memory", "mapped"])
def data(request, tmp_path) -> Demonstrations:
    made = demonstrations()
    if request.param == "in memory":
        return made
    made.save(tmp_path / "d.safetensors")
    return Demonstrations.load(tmp_path / "d.safetensors")


def test_what_is_drawn_are_windows(data):
    windows = demonstrations().windows(2, 4)
    batch = WindowData(data, SIGNATURE, CPU).draw(100, seed=7)
    draw = torch.Generator().manual_seed(7)
    rows = torch.randint(12, (100,), generator=draw).numpy()
    assert batch.obs["image"].dtype == torch.uint8
    for name, expected in windows.obs.items():
        np.testing.assert_array_equal(batch.obs[name].numpy(), expected[rows])
    np.testing.assert_array_equal(batch.actions.numpy(), windows.actions[rows])


def test_every_window_is_in_one_part_and_parts_are_small(data, monkeypatch):
    # A window has two frames of 90 bytes of picture and 8 of state.
    monkeypatch.setattr("onehop_train._data.MOST_BYTES", 5 * 2 * 98 + 1)
    windows = WindowData(data, SIGNATURE, CPU)
    parts = [part.actions for part in windows.parts()]
    assert [len(part) for part in parts] == [5, 5, 2]
    every = torch.from_numpy(demonstrations().windows(2, 4).actions)
    assert torch.equal(torch.cat(parts), every)
    assert torch.equal(windows.sample().actions, every[::3])


def test_a_sample_lies_evenly_and_is_small():
    long = np.arange(1.0, 50_001, dtype=np.float32)[:, None]
    many = Demonstrations({"state": long}, long, np.array([50_000]))
    windows = WindowData(many, Signature({"state": (1,)}, 1, 1, 1, 1), CPU)
    state = windows.sample().obs["state"][:, 0, 0]
    assert MOST_ROWS / 2 < len(state) <= MOST_ROWS
    assert bool((state.diff() == state[1] - state[0]).all())
    assert float(state[-1]) > 49_990


def test_planned_states_stand_beside_the_actions(data):
    planned = Signature({"state": (2,)}, 1, 4, 2, 3, state_dim=2)
    plans = WindowData(data, planned, CPU)[torch.arange(12)].actions.numpy()
    made = demonstrations()
    _, done = made.window_rows(1, 4)
    np.testing.assert_array_equal(plans[..., :2], made.obs["state"][done])
    np.testing.assert_array_equal(plans[..., 2:], made.actions[done])
    other = Signature({"state": (2,)}, 1, 4, 2, 3, state_dim=1)
    with pytest.raises(BadInput, match=r"state: expected numbers of shape \(1,\)"):
        WindowData(data, other, CPU)


def test_plans_end_where_the_recording_was_stopped(data):
    """Of 3, 7 and 2 steps: the first and last were stopped, the second ended."""
    ended = np.array([False, True, False])
    known = replace(data, rewards=Rewards(np.zeros(12, np.float32), ended))
    planned = Signature({"state": (2,)}, 1, 3, 2, 3, state_dim=2)
    plans = WindowData(known, planned, CPU)
    assert plans.begin.tolist() == [0, *range(3, 10)]
    states = torch.from_numpy(np.array(data.obs["state"]))
    assert torch.equal(plans[torch.tensor([7])].actions[0, :, :2], states[[9, 9, 9]])
    seen = WindowData(known, planned, CPU, lambda batch, steps, _: (batch, steps))
    batch, steps = seen.draw(50, seed=3)
    assert torch.equal(batch.obs["state"][:, 0], states[steps])
    chunks = WindowData(known, replace(planned, state_dim=0), CPU)
    assert len(chunks) == 12


def test_a_batch_is_relabelled_by_the_step_s_own_chance(data):
    """Every window's goal: the state at a later step of its episode, by chance."""
    states = torch.from_numpy(np.array(data.obs["state"]))
    last = torch.tensor([2] * 3 + [9] * 7 + [11] * 2)

    def relabel(batch: Batch, rows, generator) -> Batch:
        u = torch.rand(len(rows), generator=generator)
        later = rows + ((last[rows] - rows + 1) * u).long()
        return Batch({**batch.obs, "goal": states[later]}, batch.actions)

    windows = WindowData(data, SIGNATURE, CPU, relabel)
    one, again, other = (windows.draw(50, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one.obs["goal"], again.obs["goal"])
    assert not torch.equal(one.obs["goal"], other.obs["goal"])
    plain = WindowData(data, SIGNATURE, CPU).draw(50, seed=0)
    assert torch.equal(one.obs["state"], plain.obs["state"]), "what is drawn stays"
    rows = torch.randint(12, (50,), generator=torch.Generator().manual_seed(0))
    for goal, row in zip(one.obs["goal"], rows, strict=True):
        (at,) = (states == goal).all(1).nonzero()[0]
        assert row <= at <= last[row]


def test_a_folder_of_d3il_s_pickles_is_read(tmp_path):
    draw = np.random.default_rng(0)
    for name in ("a", "b"):
        robot = {key: draw.normal(size=(9, 3)) for key in ("des_c_pos", "c_pos")}
        (tmp_path / f"{name}.pkl").write_bytes(pickle.dumps({"robot": robot}))
    found = read_demonstrations(tmp_path)
    assert found.sha256 == read_d3il_avoiding(tmp_path).sha256
    out = ["--out", str(tmp_path / "out"), "--steps", "1", "--batch-size", "4"]
    main(["teacher", "--task", "avoiding", "--data", str(tmp_path), *out])
    notes = json.loads((tmp_path / "out/checkpoint/provenance.json").read_text())
    assert notes["data_sha256"] == found.sha256


def test_a_folder_of_neither_is_refused(tmp_path):
    with pytest.raises(BadInput, match="expected"):
        read_demonstrations(tmp_path)


class Recorded:
    """Others' data: the episodes of these, one after another."""

    def __init__(self, of: Demonstrations) -> None:
        self.of, self.lengths, self.meta = of, of.episode_lengths, of.meta

    def episode(self, i: int) -> Demonstrations:
        return self.of.select([i])


def test_data_of_others_are_read_if_there_is_room(tmp_path, monkeypatch):
    whole = demonstrations()
    monkeypatch.setattr(_data, "episodes_at", lambda path: Recorded(whole))
    assert read_demonstrations(tmp_path).sha256 == whole.sha256
    monkeypatch.setattr(_data, "MOST_HELD", 10)
    with pytest.raises(BadInput, match=f"onehop-import data {tmp_path} --out"):
        read_demonstrations(tmp_path)


MEASURE = """
import resource, sys
import torch
from onehop_envs import Demonstrations
from onehop_interfaces import Signature
from onehop_train._data import WindowData

def resident():
    (line,) = (l for l in open("/proc/self/status") if l.startswith("VmHWM"))
    return int(line.split()[1]) // 1024

before = resident()
data = Demonstrations.load(sys.argv[1])
signature = Signature({"image": (96, 96, 3)}, 2, 4, 2, 2)
windows = WindowData(data, signature, torch.device("cpu"))
windows.sample()
for seed in range(int(sys.argv[2])):
    windows.draw(64, seed)
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_mapped_file_does_not_pile_up_in_memory(tmp_path):
    """Of 20,000 pictures, 530 MiB, a fraction is resident while they are drawn."""
    n = 20_000
    image = np.zeros((n, 96, 96, 3), np.uint8)
    actions = np.zeros((n, 2), np.float32)
    made = Demonstrations({"image": image}, actions, np.arange(100, n + 1, 100))
    made.save(tmp_path / "pictures.safetensors")
    del image, made
    words = [sys.executable, "-c", MEASURE, str(tmp_path / "pictures.safetensors")]
    done = subprocess.run([*words, "120"], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 400, "MiB"


def test_half_precision_stays_in_the_file_and_is_given_in_single(tmp_path):
    cloud = np.random.default_rng(0).normal(size=(12, 8, 3)).astype(np.float16)
    made = Demonstrations(
        {"cloud": cloud}, np.zeros((12, 3), np.float32), np.array([12])
    )
    made.save(tmp_path / "d.safetensors")
    mapped = Demonstrations.load(tmp_path / "d.safetensors")
    assert mapped.obs["cloud"].dtype == np.float16
    windows = WindowData(mapped, Signature({"cloud": (8, 3)}, 2, 4, 2, 3), CPU)
    assert windows.arrays["cloud"] is mapped.obs["cloud"]
    found = windows[torch.tensor([0, 7])].obs["cloud"]
    assert found.dtype == torch.float32
    assert torch.equal(found[1], torch.from_numpy(cloud[6:8]).float())

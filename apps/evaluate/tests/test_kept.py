import os
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import load_file, save_file

from onehop_evaluate import Record
from onehop_evaluate._kept import Kept
from onehop_interfaces import BadInput
from onehop_tasks import Start

START = Start(3)


@pytest.fixture
def record() -> Record:
    rng = np.random.default_rng(0)
    agent = rng.random((4, 2)).astype(np.float32)
    return Record(rng.random(3), agent, 2, success=True, mode=5)


@pytest.fixture
def kept(tmp_path, record) -> Kept:
    kept = Kept(tmp_path, {"seed": 1})
    kept.save(START, record)
    return kept


def test_what_is_read_is_what_was_kept(kept, record):
    read = kept.load(START)
    for name, value in vars(record).items():
        assert_array_equal(vars(read)[name], value)
        assert type(vars(read)[name]) is type(value)


def test_tasks_that_are_not_planar_have_no_positions(kept, record):
    kept.save(START, replace(record, agent=np.zeros((0, 2), np.float32)))
    assert kept.load(START).agent.shape == (0, 2)


def test_another_key_or_start_is_another_episode(kept, record, tmp_path):
    starts = [START, Start(4), Start(3, {"paper_seed": 3})]
    assert kept.missing(starts) == starts[1:]
    assert Kept(tmp_path, {"seed": 2}).missing(starts) == starts
    kept.save(starts[2], record)
    assert kept.missing(starts) == [starts[1]]
    assert Kept(tmp_path, {"seed": 1}).missing(starts) == [starts[1]]


def test_damaged_file_is_named(kept):
    path = kept.path(START)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-20] ^= 1
    for damaged in (whole[:100], whole[:-1], bytes(flipped), b"PK", b""):
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match=rf"{path.name}: expected .*; remove the"):
            kept.load(START)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BadInput, match=f"{path.name}: expected a file, got a FIFO"):
        kept.load(START)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("metric", np.ones(2), "array 'agent': expected float32"),
        ("metric", np.ones((3, 1)), "array 'metric': expected float64"),
        ("metric", np.ones(0), "array 'metric': expected float64"),
        ("metric", np.array([0.5, np.inf, 0.5]), "expected finite values"),
        ("metric", np.array([0.5, np.nan, 0.5]), "expected finite values"),
        ("agent", np.ones((4, 2)), "array 'agent': expected float32"),
        ("agent", np.full((4, 2), np.nan, np.float32), "expected finite values"),
        ("decisions", np.array(1.0), "array 'decisions': expected int64"),
        ("decisions", np.array(0), "expected a decision or more"),
        ("mode", np.array(-2), "expected a decision or more, and a mode"),
        ("success", np.array(1), "array 'success': expected bool"),
        ("success", None, "arrays: expected"),
        ("speed", np.ones(3), "arrays: expected"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(kept, name, value, line):
    path = kept.path(START)
    arrays = {**load_file(path), name: value}
    save_file({k: a for k, a in arrays.items() if a is not None}, path)
    with pytest.raises(BadInput, match=rf"{path.name}: {line}.*; remove the file"):
        kept.load(START)

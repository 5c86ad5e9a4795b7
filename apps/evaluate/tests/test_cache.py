import os

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import load_file, save_file

from onehop_evaluate import Rollouts
from onehop_evaluate._cache import cached
from onehop_interfaces import BadInput


@pytest.fixture
def rollouts() -> Rollouts:
    rng = np.random.default_rng(0)
    metric = rng.random((2, 3))
    metric[1, 2] = np.nan
    agent = rng.random((2, 4, 2)).astype(np.float32)
    return Rollouts(metric, agent, np.array([1, 2]), 0.95)


def refuse() -> Rollouts:
    raise AssertionError("ran again")


def test_second_time_is_read_and_equal(tmp_path, rollouts):
    cached(tmp_path, {"seed": 1}, lambda: rollouts)
    read = cached(tmp_path, {"seed": 1}, refuse)
    for name, array in vars(rollouts).items():
        assert_array_equal(vars(read)[name], array)
    assert isinstance(read.threshold, float)


def test_another_key_runs_again(tmp_path, rollouts):
    cached(tmp_path, {"seed": 1}, lambda: rollouts)
    with pytest.raises(AssertionError, match="ran again"):
        cached(tmp_path, {"seed": 2}, refuse)


def test_interrupted_run_leaves_nothing(tmp_path):
    def interrupted() -> Rollouts:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached(tmp_path, {}, interrupted)
    assert list(tmp_path.iterdir()) == []


def test_damaged_file_is_named(tmp_path, rollouts):
    cached(tmp_path, {}, lambda: rollouts)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-20] ^= 1
    for damaged in (whole[:100], whole[:-1], bytes(flipped), b"PK", b""):
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match=rf"{path.name}: expected .*; remove the"):
            cached(tmp_path, {}, refuse)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BadInput, match=f"{path.name}: expected a file, got a FIFO"):
        cached(tmp_path, {}, refuse)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("metric", np.ones((2, 2)), "array 'agent': expected float32"),
        ("metric", np.ones(3), "array 'metric': expected float64"),
        ("metric", np.ones((0, 3)), "array 'metric': expected float64"),
        ("metric", np.array([[0.5, np.nan, 0.5]] * 2), "expected finite values up to"),
        ("metric", np.array([[0.5, np.inf, 0.5]] * 2), "expected finite values up to"),
        ("metric", np.full((2, 3), np.nan), "expected finite values up to"),
        ("agent", np.ones((2, 4, 2)), "array 'agent': expected float32"),
        ("decisions", np.array([1.0, 2.0]), "array 'decisions': expected int64"),
        ("decisions", np.array([0, 2]), "array 'decisions': expected at least 1"),
        ("threshold", np.array(np.nan), "expected finite values up to"),
        ("threshold", None, "arrays: expected"),
        ("speed", np.ones(3), "arrays: expected"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, rollouts, name, value, line):
    cached(tmp_path, {}, lambda: rollouts)
    (path,) = tmp_path.iterdir()
    arrays = {**load_file(path), name: value}
    save_file({k: a for k, a in arrays.items() if a is not None}, path)
    with pytest.raises(BadInput, match=rf"{path.name}: {line}.*; remove the file"):
        cached(tmp_path, {}, refuse)

import numpy as np
import pytest
from numpy.testing import assert_array_equal

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
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadInput, match=f"{path.name}: expected rollouts"):
        cached(tmp_path, {}, refuse)

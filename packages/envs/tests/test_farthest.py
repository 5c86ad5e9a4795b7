"""Farthest points against the definition, written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from onehop_envs import farthest
from onehop_interfaces import BadInput


def by_definition(points, count):
    chosen = [0]
    while len(chosen) < count:
        away = [
            min(float(((p - points[j]) ** 2).sum()) for j in chosen) for p in points
        ]
        chosen.append(int(np.argmax(away)))
    return chosen


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_it_is_the_definition(seed, count):
    """Whole numbers are squared without rounding, and are often equally far."""
    points = np.random.default_rng(seed).integers(-3, 4, (12, 3)).astype(np.float32)
    points = np.unique(points, axis=0)
    count = min(count, len(points))
    assert_array_equal(farthest(points, count), by_definition(points, count))


def test_all_are_taken_before_any_is_again():
    points = np.random.default_rng(0).normal(size=(5, 3))
    chosen = farthest(points, 12)
    assert_array_equal(np.sort(chosen[:5]), range(5))
    assert_array_equal(chosen, np.resize(chosen[:5], 12))


def test_what_has_no_farthest_point_is_refused():
    with pytest.raises(BadInput, match=r"expected shape \(N, 3\)"):
        farthest(np.zeros((0, 3)), 2)
    with pytest.raises(BadInput, match="count"):
        farthest(np.zeros((2, 3)), 0)

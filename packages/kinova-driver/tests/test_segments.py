"""Distances of segments, against points along them and cases worked out by hand."""

import numpy as np
import pytest

from onehop_kinova_driver._segments import segment_distance

RNG = np.random.default_rng(0)


def along(p, u, q, v, n=4_001) -> float:
    """The least distance of points of the one to the other, each worked out exactly."""
    points = p + np.linspace(0, 1, n)[:, None] * u
    t = np.clip((points - q) @ v / (v @ v), 0, 1)
    return np.linalg.norm(points - q - t[:, None] * v, axis=1).min()


@pytest.mark.parametrize("length", [0.01, 0.3, 1.0])
def test_it_is_the_least_of_points_along_them(length):
    p, q = RNG.uniform(-0.5, 0.5, (2, 200, 3))
    u, v = RNG.uniform(-1, 1, (2, 200, 3)) * [[[1.0]], [[length]]]
    nearest = [along(*each) for each in zip(p, u, q, v, strict=True)]
    assert segment_distance(p, u, q, v) == pytest.approx(nearest, abs=5e-4)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-7, 1e-5, 1e-3])
def test_nearly_parallel_ones(angle):
    p, u = np.array([[0.0, 0.0, 0.0]]), np.array([[0.2, 0.0, 0.0]])
    v = 0.3 * np.array([[np.cos(angle), np.sin(angle), 0.0]])
    for x, y in ((-0.1, 0.05), (0.1, 0.05), (-0.5, 0.05), (0.25, 0.0)):
        q = np.array([[x, y, 0.1]])
        nearest = along(p[0], u[0], q[0], v[0])
        for pair in ((p, u, q, v), (q, v, p, u), (p + u, -u, q, v), (p, u, q + v, -v)):
            assert segment_distance(*pair)[0] == pytest.approx(nearest, abs=1e-6)


@pytest.mark.parametrize(
    ("p", "u", "q", "v", "apart"),
    [
        ((-1, 0, 0), (2, 0, 0), (0, -1, 0.5), (0, 2, 0), 0.5),  # one across the other
        ((-1, 0, 0), (2, 0, 0), (0, -1, 0), (0, 2, 0), 0.0),  # through each other
        ((0, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 0), 1.0),  # one after the other
        ((0, 0, 0), (2, 0, 0), (1, 0, 0), (2, 0, 0), 0.0),  # one upon the other
        ((0, 0, 0), (1, 0, 0), (4, 4, 0), (3, 4, 0), 5.0),  # end to end
        ((0, 0, 0), (1, 0, 0), (0.5, 2, 0), (0, 1, 0), 2.0),  # an end to a side
        ((0, 0, 0), (1, 0, 0), (0.5, 2, 0), (0, 0, 0), 2.0),  # a point to a side
        ((0, 0, 0), (0, 0, 0), (3, 4, 0), (0, 0, 0), 5.0),  # a point to a point
    ],
)
def test_by_hand(p, u, q, v, apart):
    p, u, q, v = (np.array([each], float) for each in (p, u, q, v))
    assert segment_distance(p, u, q, v) == pytest.approx(apart, abs=1e-12)
    assert segment_distance(q, v, p, u) == pytest.approx(apart, abs=1e-12)
    assert segment_distance(p + u, -u, q, v) == pytest.approx(apart, abs=1e-12)

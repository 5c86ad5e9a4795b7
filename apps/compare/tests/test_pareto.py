import numpy as np

from onehop_compare._pareto import front


def test_the_front_is_what_nothing_dominates():
    draw = np.random.default_rng(0)
    for _ in range(50):
        points = [tuple(p) for p in draw.integers(0, 6, (12, 2)).astype(float)]

        def beaten(point, points=points):
            x, y = point
            return any(a <= x and b >= y and (a < x or b > y) for a, b in points)

        expected = {p for p in points if not beaten(p)}
        assert {points[i] for i in front(points)} == expected


def test_the_quickest_stands_first():
    assert front([(3.0, 0.9), (1.0, 0.5), (2.0, 0.4)]) == [1, 0]

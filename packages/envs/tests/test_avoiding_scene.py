import numpy as np
import pytest

from onehop_envs._avoiding_scene import (
    AVOIDING_WINDOW,
    CYLINDERS,
    FINISH,
    LEVELS,
    ROD_RADIUS,
    START,
    clearance,
    first_touch,
)

SHARES = np.linspace(0.0, 1.0, 20_001)


def room(points: np.ndarray) -> np.ndarray:
    """Room of a rod at points (T, 2), cylinder by cylinder: (T,)."""
    rooms = [
        np.hypot(points[:, 0] - x, points[:, 1] - y) - radius - 0.01
        for x, y, radius in [
            (0.5, -0.1, 0.03),
            (0.425, 0.08, 0.025),
            (0.575, 0.08, 0.025),
            (0.35, 0.26, 0.025),
            (0.5, 0.26, 0.025),
            (0.65, 0.26, 0.025),
        ]
    ]
    return np.min(rooms, axis=0)


def random_ways(n: int) -> np.ndarray:
    """Straight ways (n, 2, 2) all over the window, some long, some short."""
    rng = np.random.default_rng(0)
    left, bottom, side = AVOIDING_WINDOW
    begin = rng.uniform((left, bottom), (left + side, bottom + side), (n, 2))
    length = 10.0 ** rng.uniform(-3, 0, (n, 1))
    return np.stack([begin, begin + length * rng.normal(0.0, 0.3, (n, 2))], axis=1)


def densely(way: np.ndarray) -> np.ndarray:
    return way[0] + SHARES[:, None] * (way[1] - way[0])


def test_levels_are_those_of_the_cylinders() -> None:
    levels = ((-0.1, (0.5,)), (0.08, (0.425, 0.575)), (0.26, (0.35, 0.5, 0.65)))
    assert levels == LEVELS
    assert sum(len(xs) for _, xs in LEVELS) == len(CYLINDERS) == 6
    assert ROD_RADIUS == 0.01


def test_window_shows_everything() -> None:
    left, bottom, side = AVOIDING_WINDOW
    for x, y, radius in [*CYLINDERS, (*START, ROD_RADIUS), (0.5, FINISH, 0.05)]:
        assert left < x - radius < x + radius < left + side
        assert bottom < y - radius < y + radius < bottom + side


def test_clearance_equals_brute_force() -> None:
    for way in random_ways(300):
        assert clearance(way) == pytest.approx(room(densely(way)).min(), abs=2e-5)
        assert clearance(way[:1]) == pytest.approx(room(way[:1])[0], abs=1e-15)


def test_clearance_of_a_polyline_is_that_of_its_pieces() -> None:
    corners = random_ways(20).reshape(-1, 2)
    pieces = [clearance(corners[i : i + 2]) for i in range(len(corners) - 1)]
    assert clearance(corners) == min(pieces)


def test_first_touch_equals_brute_force() -> None:
    touching = 0
    for way in random_ways(1000):
        begin, end = map(tuple, way)
        touch, rooms = first_touch(begin, end), room(densely(way))
        if touch is None:
            assert rooms.min() > -1e-12
            continue
        touching += 1
        where = way[0] + touch * (way[1] - way[0])
        assert touch == 0.0 or room(where[None])[0] == pytest.approx(0.0, abs=1e-12)
        assert (rooms[touch - 1e-9 > SHARES] > 0.0).all()
    assert touching > 50


@pytest.mark.parametrize("offset", [0.04 - 1e-9, 0.04 + 1e-9])
def test_grazing_is_decided_to_a_nanometre(offset: float) -> None:
    # Straight past the first cylinder: reach 0.03 + 0.01.
    touch = first_touch((0.5 + offset, -0.3), (0.5 + offset, 0.0))
    assert (touch is not None) == (offset < 0.04)


def test_a_rod_that_rests_or_leaves_touches_nothing() -> None:
    assert first_touch(START, START) is None
    assert first_touch((0.5, -0.15), (0.5, -0.28)) is None
    assert first_touch((0.5, -0.13), (0.5, -0.28)) == 0.0

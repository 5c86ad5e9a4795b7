import itertools

import numpy as np
import pytest

from onehop_envs import AVOIDING_MODES, avoiding_gaps, avoiding_mode
from onehop_interfaces import BadInput

GAPS = list(itertools.product(range(2), range(3), range(4)))
LEVELS = (-0.1, 0.08, 0.26)
CYLINDERS = ([0.5], [0.425, 0.575], [0.35, 0.5, 0.65])
MIDDLES = ([0.44, 0.56], [0.36, 0.5, 0.64], [0.28, 0.425, 0.575, 0.72])


def through(gaps: tuple[int, int, int]) -> np.ndarray:
    """A path of straight pieces through the middle of these gaps, (5, 2)."""
    crossings = [[x[gap], y] for gap, x, y in zip(gaps, MIDDLES, LEVELS, strict=True)]
    return np.array([[0.525, -0.28], *crossings, [crossings[-1][0], 0.36]])


def counted(path: np.ndarray) -> int | None:
    """The mode, from where a very dense path first is at each level."""
    corner = np.arange(len(path))
    at = np.linspace(0, len(path) - 1, 40_001)
    x, y = np.interp(at, corner, path[:, 0]), np.interp(at, corner, path[:, 1])
    mode = 0
    for level, cylinders in zip(LEVELS, CYLINDERS, strict=True):
        above = y >= level
        if not above.any():
            return None
        left_of_it = sum(c < x[above.argmax()] for c in cylinders)
        mode = mode * (len(cylinders) + 1) + left_of_it
    return mode


def test_there_are_24_and_each_is_found() -> None:
    assert len(GAPS) == AVOIDING_MODES == 24
    assert [avoiding_mode(through(gaps)) for gaps in GAPS] == list(range(24))


def test_gaps_are_the_inverse() -> None:
    assert [avoiding_gaps(mode) for mode in range(24)] == GAPS
    assert avoiding_gaps(np.int64(23)) == (1, 2, 3)


def test_equals_counting_on_a_dense_path() -> None:
    rng, seen = np.random.default_rng(0), set()
    for _ in range(600):
        steps = rng.normal((0.0, 0.02), (0.07, 0.05), (40, 2))
        steps[0] = 0.5, -0.28
        path = steps.cumsum(axis=0)
        mode = avoiding_mode(path)
        assert mode == counted(path)
        seen.add(mode)
    assert seen == {None, *range(24)}


def test_only_the_first_crossing_counts() -> None:
    path = through((0, 1, 2))
    back = np.array([[0.6, 0.0], [0.6, -0.2], [0.6, 0.0]])
    assert avoiding_mode(np.concatenate([path[:2], back, path[2:]])) == 6


def test_crosses_between_two_far_points() -> None:
    # From (0.4, -0.28) to (0.7, 0.36) in one stride: x = 0.484, 0.569 and 0.653.
    assert avoiding_mode([(0.4, -0.28), (0.7, 0.36)]) == (3 * 0 + 1) * 4 + 3


@pytest.mark.parametrize("rows", range(5))
def test_what_is_not_crossed_has_no_mode(rows: int) -> None:
    path = through((1, 1, 1))[:rows]
    assert avoiding_mode(path.reshape(-1, 2)) == (17 if rows == 4 else None)


def test_padding_is_ignored() -> None:
    for mode, gaps in enumerate(GAPS):
        padded = np.concatenate([through(gaps), np.full((50, 2), np.nan)])
        assert avoiding_mode(padded) == mode
    assert avoiding_mode(np.full((9, 2), np.nan)) is None


def test_refuses_what_is_no_path_and_no_mode() -> None:
    for path in (np.zeros(4), np.zeros((3, 4)), np.zeros((2, 3, 2))):
        with pytest.raises(BadInput, match=r"path: expected shape \(T, 2\), got"):
            avoiding_mode(path)
    for mode in (-1, 24, 1.0, True, "1", None):
        with pytest.raises(BadInput, match="mode: expected 0 to 23, got"):
            avoiding_gaps(mode)

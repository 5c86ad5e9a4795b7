import math

import numpy as np
import pytest
from shapely.geometry import Polygon
from shapely.ops import unary_union

from onehop_envs._pusht_geometry import (
    BAR,
    GOAL,
    OUTLINE,
    STEM,
    Pose,
    coverage_of,
    transform,
)


def shapely_coverage(block: Pose) -> float:
    goal = Polygon(transform(GOAL, OUTLINE))
    return goal.intersection(Polygon(transform(block, OUTLINE))).area / goal.area


def poses(spread: float, n: int) -> list[Pose]:
    rng = np.random.default_rng(round(spread))
    x, y = 256 + spread * rng.uniform(-1, 1, (2, n))
    return [
        (float(a), float(b), float(c))
        for a, b, c in zip(x, y, rng.uniform(-9, 9, n), strict=True)
    ]


def test_outline_is_bar_and_stem() -> None:
    union = unary_union([Polygon(BAR), Polygon(STEM)])
    assert union.symmetric_difference(Polygon(OUTLINE)).area == 0
    assert union.area == 6300


@pytest.mark.parametrize("spread", [3.0, 60.0, 200.0])
def test_coverage_equals_shapely(spread: float) -> None:
    for pose in poses(spread, 500):
        assert coverage_of(pose) == pytest.approx(shapely_coverage(pose), abs=1e-9)
        assert 0.0 <= coverage_of(pose) <= 1.0


@pytest.mark.parametrize("turn", [0.0, 1e-12, 1e-7, math.pi / 2, math.pi, math.tau])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (1e-9, 0.0), (0.0, -15.0), (30.0, 30.0)])
def test_coverage_with_edges_along_the_goal(
    turn: float, shift: tuple[float, float]
) -> None:
    pose = GOAL[0] + shift[0], GOAL[1] + shift[1], GOAL[2] + turn
    assert coverage_of(pose) == pytest.approx(shapely_coverage(pose), abs=1e-9)


def test_coverage_at_the_goal_and_far_away() -> None:
    assert coverage_of(GOAL) == pytest.approx(1.0, abs=1e-12)
    assert coverage_of((20.0, 20.0, 0.0)) == 0.0

import numpy as np
import pytest

from onehop_envs import _pusht_geometry as geometry
from onehop_envs import _pusht_progress as progress
from onehop_envs import _pusht_quasistatic as quasi

GOAL = quasi.centred(geometry.GOAL)
DIRECTIONS = np.random.default_rng(0).normal(size=(40, 3)) * [1, 1, 0.02]


def exact(pose: np.ndarray) -> float:
    x, y = pose[:2] - quasi.rotated(pose[2], quasi.CENTRE)
    return geometry.coverage_of((float(x), float(y), float(pose[2])))


def test_coverage_is_right_to_first_order() -> None:
    """Ten times nearer, the error is about a hundred times smaller."""
    errors = []
    for scale in (2.0, 0.2):
        poses = GOAL + scale * DIRECTIONS
        linear = progress.linear_coverage(poses)
        errors.append(np.abs(linear - [exact(pose) for pose in poses]).mean())
    assert errors[0] < 0.01
    assert errors[1] < errors[0] / 30


def test_distance() -> None:
    assert progress.distance(GOAL) == 0
    assert progress.distance(GOAL + np.array([3, 4, 0])) == pytest.approx(5)
    assert progress.distance(GOAL + np.array([0, 0, 0.1])) == pytest.approx(5)
    wrapped = GOAL + np.array([0, 0, 2 * np.pi - 0.1])
    assert progress.distance(wrapped) == pytest.approx(5)


def test_steps_to_go_fall_towards_the_goal() -> None:
    away = np.array([150.0, 100.0, 50.0, 20.0, 1.0, 0.0])
    for direction in DIRECTIONS:
        unit = direction / progress.distance(GOAL + direction)
        steps = progress.steps_to_go(GOAL + away[:, None] * unit)
        assert (np.diff(steps) < 0).all()
        assert steps[-1] == 0

"""Rotations, against matrices built from their definition."""

from math import cos, pi, sin

import numpy as np
import pytest

from onehop_kinova_driver import _rotations as rot

RNG = np.random.default_rng(0)
QUATS = [rot.unit(q) for q in RNG.normal(size=(50, 4))]


def about(axis: int, angle: float) -> np.ndarray:
    made = np.eye(3)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    made[[i, j], [i, j]] = cos(angle)
    made[i, j], made[j, i] = -sin(angle), sin(angle)
    return made


def matrix(q) -> np.ndarray:
    return np.array(rot.to_matrix(q))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("angle", [0.0, 1e-12, 0.3, -2.0, pi])
def test_rotation_vector_about_an_axis_is_its_matrix(axis, angle):
    r = np.eye(3)[axis] * angle
    assert matrix(rot.from_vector(r)) == pytest.approx(about(axis, angle), abs=1e-15)


def test_product_is_of_matrices_and_conjugate_the_transpose():
    for a, b in zip(QUATS, reversed(QUATS), strict=True):
        product = matrix(rot.multiply(a, b))
        assert product == pytest.approx(matrix(a) @ matrix(b), abs=1e-14)
        assert matrix(rot.conjugate(a)) == pytest.approx(matrix(a).T)


def test_matrix_and_vector_lead_back():
    for q in QUATS:
        same = q if q[0] >= 0 else tuple(-x for x in q)
        assert rot.from_matrix(matrix(q)) == pytest.approx(same, abs=1e-14)
        assert rot.from_vector(rot.vector_of(q)) == pytest.approx(same, abs=1e-14)
        assert np.linalg.norm(rot.vector_of(q)) <= pi


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_turns_have_a_quaternion(axis):
    q = rot.from_matrix(about(axis, pi))
    assert matrix(q) == pytest.approx(about(axis, pi), abs=1e-15)


def test_euler_angles_are_about_fixed_axes():
    for a, b, c in RNG.uniform(-1.5, 1.5, (50, 3)):
        q = rot.from_euler((a, b, c))
        assert matrix(q) == pytest.approx(about(2, c) @ about(1, b) @ about(0, a))
        assert rot.euler_of(q) == pytest.approx((a, b, c))


@pytest.mark.parametrize("b", [pi / 2, -pi / 2, pi / 2 - 1e-5, -pi / 2 + 1e-5])
def test_euler_angles_at_the_pole_say_the_same_rotation(b):
    for a, c in RNG.uniform(-3, 3, (50, 2)):
        q = rot.from_euler((a, b, c))
        again = rot.from_euler(rot.euler_of(q))
        assert rot.angle_between(q, again) < 1e-5


def test_angle_and_turning():
    for a, b in zip(QUATS, reversed(QUATS), strict=True):
        trace = np.trace(matrix(a).T @ matrix(b))
        angle = rot.angle_between(a, b)
        assert cos(angle) == pytest.approx((trace - 1) / 2, abs=1e-12)
        part = rot.turned(a, b, angle / 3)
        assert rot.angle_between(a, part) == pytest.approx(angle / 3, abs=1e-7)
        assert rot.angle_between(part, b) == pytest.approx(2 * angle / 3, abs=1e-7)
        assert rot.turned(a, b, angle + 1e-9) == b

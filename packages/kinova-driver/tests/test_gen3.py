"""Kinematics, against the published home pose, finite differences and their inverse."""

import numpy as np
import pytest

from onehop_kinova_driver import HOME, Gen3
from onehop_kinova_driver._gen3 import wrapped
from onehop_kinova_driver._rotations import (
    angle_between,
    conjugate,
    multiply,
    vector_of,
)

RNG = np.random.default_rng(0)
ANGLES = RNG.uniform(-2, 2, (20, 7))


def test_home_is_where_kinova_says():
    pos, _ = Gen3().pose(HOME)
    assert pos == pytest.approx((0.456, 0.001, 0.434), abs=1e-3)


def test_stretched_out_it_is_as_high_as_its_offsets_are_long():
    pos, quat = Gen3().pose((0.0,) * 7)
    height = 0.15643 + 0.12838 + 2 * 0.21038 + 0.20843 + 2 * 0.10593 + 0.061525
    assert pos == pytest.approx((0, -0.02485, height), abs=1e-6)
    assert angle_between(quat, (1.0, 0.0, 0.0, 0.0)) < 1e-9


def test_a_tool_is_along_the_flange():
    tool = (0.01, -0.02, 0.12)
    for q in ANGLES:
        flange = Gen3().frames(q)[7]
        pos, quat = Gen3(tool).pose(q)
        assert pos == pytest.approx(flange[:3, 3] + flange[:3, :3] @ tool)
        assert quat == Gen3().pose(q)[1]


@pytest.mark.parametrize("tool", [(0.0, 0.0, 0.0), (0.03, 0.0, 0.12)])
def test_jacobian_is_that_of_finite_differences(tool):
    arm, h = Gen3(tool), 1e-6
    for q in ANGLES:
        for i, column in enumerate(arm.jacobian(q).T):
            step = h * np.eye(7)[i]
            (p, a), (r, b) = arm.pose(q - step), arm.pose(q + step)
            turn = np.array(vector_of(multiply(b, conjugate(a))))
            assert (np.array(r) - p) / (2 * h) == pytest.approx(column[:3], abs=1e-8)
            assert turn / (2 * h) == pytest.approx(column[3:], abs=1e-8)


def test_inverse_leads_to_the_pose_and_stays_near():
    arm = Gen3((0.0, 0.0, 0.12))
    for _ in range(20):
        q = np.array(HOME) + RNG.uniform(-0.3, 0.3, 7)
        goal = q + RNG.uniform(-0.02, 0.02, 7)
        pos, quat = arm.pose(goal)
        found = arm.inverse(q, pos, quat)
        came, turned = arm.pose(found.q)
        assert came == pytest.approx(pos, abs=2e-6)
        assert angle_between(turned, quat) < 2e-6
        assert max(found.position_error, found.rotation_error) < 2e-6
        assert np.linalg.norm(found.q - q) <= np.linalg.norm(goal - q) + 1e-3
        assert found.jacobian == pytest.approx(arm.jacobian(found.q))


def test_what_is_out_of_reach_is_said_to_be():
    found = Gen3().inverse(HOME, (2.0, 0.0, 0.5), (1.0, 0.0, 0.0, 0.0))
    assert found.position_error > 0.5
    assert np.isfinite(found.q).all()


def test_wrapping():
    angles = np.array([0.0, np.pi, -np.pi, 4.0, 350 * np.pi / 180])
    came = wrapped(angles)
    assert (np.abs(came) <= np.pi).all()
    assert np.sin(came) == pytest.approx(np.sin(angles), abs=1e-12)
    assert np.cos(came) == pytest.approx(np.cos(angles), abs=1e-12)

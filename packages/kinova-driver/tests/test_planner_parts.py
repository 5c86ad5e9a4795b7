"""What plans are made with, held to the arm itself, finite differences, brute force."""

from math import log

import numpy as np
import pytest

from onehop_kinova_driver import HOME, Body, Box, Gen3, Scene, Sphere
from onehop_kinova_driver._body import cover_of
from onehop_kinova_driver._gate import condition_of
from onehop_kinova_driver._rotations import to_matrix
from onehop_kinova_driver.planner import GRIPPER
from onehop_kinova_driver.planner._batched_kinematics import (
    follow,
    frames_of,
    jacobians,
)
from onehop_kinova_driver.planner._bumps import candidates, chosen
from onehop_kinova_driver.planner._conditioning import conditions, log_condition
from onehop_kinova_driver.planner._cost import Cost, outside
from onehop_kinova_driver.planner._nearby import Arms
from onehop_kinova_driver.planner._obstacles import clearances, hinge, obstacles_of
from onehop_kinova_driver.planner._spline import basis, fastest, fit, spline

RNG = np.random.default_rng(7)
NEAR_HOME = np.array(HOME)[:, None, None] + RNG.uniform(-0.4, 0.4, (7, 3, 4))
SCENES = [
    Scene((Sphere((0.45, 0.1, 0.4), 0.08),), (Box((0.4, 0, 0.1), (0.1, 0.1, 0.2)),)),
    Scene((Sphere((0.6, -0.1, 0.5), 0.05), Sphere((0.3, 0.1, 0.6), 0.1)), (), 0.02),
    Scene((), (Box((0.6, 0.0, 0.4), (0.05, 0.2, 0.1)),)),
    Scene(),
]
COVER = cover_of(Body(GRIPPER).capsules)


@pytest.mark.parametrize("tool", [(0.0, 0.0, 0.0), (0.01, -0.02, 0.12)])
def test_frames_and_jacobians_are_those_of_the_arm(tool):
    arm, q = Gen3(tool), RNG.uniform(-3, 3, (7, 3, 4))
    frames = frames_of(arm, q)
    columns = np.stack(frames, -1)  # (8, 3, 3, 4, 4): links, components, N, columns
    for at in np.ndindex(3, 4):
        one = q[:, *at]
        assert columns[:, :, *at] == pytest.approx(arm.frames(one)[:, :3], abs=1e-12)
        same = pytest.approx(arm.jacobian(one), abs=1e-12)
        assert jacobians(frames)[:, :, *at] == same


def test_conditions_are_those_of_the_gate():
    found = conditions(jacobians(frames_of(GRIPPER, NEAR_HOME)))
    for at in np.ndindex(3, 4):
        wanted = condition_of(GRIPPER.jacobian(NEAR_HOME[:, *at]))
        assert found[at] == pytest.approx(wanted, rel=1e-9)


def test_the_gradient_of_conditions_is_that_of_differences():
    q, h = NEAR_HOME.reshape(7, -1), 1e-6
    frames = frames_of(GRIPPER, q)
    value, gradient = log_condition(frames, jacobians(frames))
    for n, one in enumerate(q.T):
        assert value[n] == pytest.approx(log(condition_of(GRIPPER.jacobian(one))))
        for i, step in enumerate(h * np.eye(7)):
            up, down = (condition_of(GRIPPER.jacobian(one + s)) for s in (step, -step))
            slope = (log(up) - log(down)) / (2 * h)
            assert gradient[i, n] == pytest.approx(slope, abs=1e-5)


def test_clearances_are_those_of_the_body():
    body = Body(GRIPPER)
    found = clearances(COVER, frames_of(GRIPPER, NEAR_HOME), obstacles_of(SCENES))
    for k, b in np.ndindex(3, 3):
        wanted = body.clearance(GRIPPER.frames(NEAR_HOME[:, k, b]), SCENES[b])
        assert found[k, b] == pytest.approx(wanted, abs=1e-12)
    assert (found[:, 3] > 1e3).all()


def penalty(q, scene: Scene, margin: float) -> float:
    """The hinges of one configuration, obstacle by obstacle."""
    body = Body(GRIPPER)
    centres = body.centres(GRIPPER.frames(q))
    each = [Scene((o,), (), scene.margin) for o in scene.spheres]
    each += [Scene((), (o,), scene.margin) for o in scene.boxes]
    depths = [margin - one.distance(centres) + body.radii for one in each]
    return sum(float((np.maximum(d, 0) ** 2).sum()) / 2 for d in depths)


def test_hinges_cost_what_they_should_and_push_downhill():
    margin, h = 0.1, 1e-6
    frames = frames_of(GRIPPER, NEAR_HOME)
    cost, turning = hinge(COVER, frames, obstacles_of(SCENES), margin)
    assert (cost[:, :3].max(0) > 0).all()
    for k, b in np.ndindex(3, 4):
        q = NEAR_HOME[:, k, b]
        assert cost[k, b] == pytest.approx(penalty(q, SCENES[b], margin), abs=1e-12)
        for i, step in enumerate(h * np.eye(7)):
            up, down = (penalty(q + s, SCENES[b], margin) for s in (step, -step))
            assert turning[i, k, b] == pytest.approx((down - up) / (2 * h), abs=1e-7)


def lines(bulge: float) -> tuple[np.ndarray, Arms]:
    """Three ways from side to side, (3, n, B), and the arms that go them."""
    quat = GRIPPER.pose(HOME)[1]
    a, b = (0.5, -0.3, 0.08), (0.6, 0.3, 0.4)
    q = GRIPPER.inverse(HOME, a, quat, 30).q
    p = candidates(0, a, b, 12, 3).T + RNG.normal(0, bulge, (3, 12, 3))
    axes = np.array(to_matrix(quat)).T[..., None].repeat(3, -1)
    return p, Arms(q[:, None].repeat(3, 1), axes, obstacles_of(SCENES[:3]))


def test_the_gradient_of_the_cost_is_that_of_differences():
    cost, (p, arms), h = Cost(GRIPPER), lines(0.02), 1e-6
    near = cost.near(p + RNG.normal(0, 0.01, p.shape), arms)
    _, gradient = cost(p, near, arms.obstacles)
    for i in range(3):
        for j in range(p.shape[1]):
            step = np.zeros_like(p)
            step[i, j] = h
            up, down = (cost(p + s, near, arms.obstacles)[0] for s in (step, -step))
            assert gradient[i, j] == pytest.approx((up - down) / (2 * h), abs=1e-4)


def test_every_term_of_the_cost_is_met_there():
    cost, (p, arms) = Cost(GRIPPER), lines(0.02)
    near = cost.near(p, arms)
    assert (near.condition > log(15.5)).any()
    assert (np.abs(near.q[3]) > 2.57 - 0.19).any()
    assert outside(near.x, cost.workspace).any()


def test_what_is_near_is_so_to_first_order():
    cost, (p, arms) = Cost(GRIPPER), lines(0.0)
    near = cost.near(p, arms)
    for n, k in ((0, 3), (1, 12), (2, 20)):
        q, h = near.q[:, k, n], 1e-4
        pos, quat = GRIPPER.pose(q)
        for i, step in enumerate(h * np.eye(3)):
            x, y, z = np.array(pos) + step
            moved = GRIPPER.inverse(q, (x, y, z), quat, 30).q
            wanted = pytest.approx((moved - q) / h, abs=0.05)
            assert near.back[:, i, k, n] == wanted


def test_led_arms_go_where_the_inverse_does():
    _, arms = lines(0.0)
    s = np.linspace(0, 1, 200)
    x = basis(12, s) @ lines(0.0)[0]
    q = follow(GRIPPER, arms.start, x, arms.axes, 3)
    quat = GRIPPER.pose(HOME)[1]
    for n in range(3):
        one = arms.start[:, n]
        for k in range(200):
            one = GRIPPER.inverse(one, tuple(x[:, k, n].tolist()), quat, 8).q
        assert q[:, -1, n] == pytest.approx(one, abs=5e-3)
        pos = frames_of(GRIPPER, q[:, -1, n]).p[7]
        assert pos == pytest.approx(x[:, -1, n], abs=1e-6)


def test_splines_begin_and_end_at_rest():
    points = RNG.normal(size=(12, 7))
    points[1], points[-2] = points[0], points[-1]
    at = spline(points)
    assert at([0, 1]) == pytest.approx(points[[0, -1]], abs=1e-12)
    assert at([0, 1], 1) == pytest.approx(0, abs=1e-12)
    assert basis(12, np.linspace(0, 1, 50)) @ points == pytest.approx(
        at(np.linspace(0, 1, 50))
    )


def test_no_derivative_is_above_its_bound_and_a_line_is_at_it():
    points = RNG.normal(size=(12, 3))
    s = np.linspace(0, 1, 1_000)
    assert (np.abs(spline(points)(s, 1)).max(0) <= fastest(points)).all()
    knots = np.concatenate([np.zeros(4), np.linspace(0, 1, 9), np.ones(4)])
    greville = np.array([knots[j + 1 : j + 5].mean() for j in range(12)])
    assert fastest(3 * greville[:, None]) == pytest.approx(3)


def test_a_fit_finds_a_spline_again_and_meets_the_ends_of_others():
    points = RNG.normal(size=(12, 7))
    points[1], points[-2] = points[0], points[-1]
    s = np.linspace(0, 1, 60)
    assert fit(12, 60) @ spline(points)(s) == pytest.approx(points, abs=1e-9)
    other = np.sin(np.outer(3 * s, np.arange(7)))
    made = spline(fit(12, 60) @ other)
    assert made([0, 1]) == pytest.approx(other[[0, -1]], abs=1e-12)
    assert made(s, 1)[[0, -1]] == pytest.approx(0, abs=1e-12)


def test_candidates_go_from_start_to_goal_on_all_sides():
    a, b = np.array((0.5, -0.3, 0.2)), np.array((0.6, 0.3, 0.4))
    made = candidates(3, a, b, 12, 16)
    assert (made == candidates(3, a, b, 12, 16)).all()
    assert (made != candidates(4, a, b, 12, 16)).any()
    for end, at in ((a, made[:, :2]), (b, made[:, -2:])):
        assert at == pytest.approx(np.broadcast_to(end, (16, 2, 3)))
    off = made[:, 6] - (a + (b - a) * 5 / 9)
    assert ((off[:, 2] > 0.02).sum(), (off[:, 2] < -0.02).sum()) >= (3, 3)
    assert ((off[:, 0] > 0.02).sum(), (off[:, 0] < -0.02).sum()) >= (3, 3)
    for end in (a, a + 0.3 * np.eye(3)[2]):  # nowhere, and straight up
        assert np.isfinite(candidates(0, a, end, 12, 4)).all()


def test_chosen_are_the_cheapest_that_are_apart():
    heights = np.array([0.0, 0.01, 0.2, 0.21, 0.5])
    made = np.zeros((5, 12, 3))
    made[:, 6, 2] = heights
    cost = np.array([2.0, 1.0, 3.0, 4.0, 5.0])
    assert chosen(made, cost, 3) == [1, 2, 4]
    assert chosen(made, cost, 4) == [1, 2, 4, 0]
    assert chosen(made, cost, 1) == [1]

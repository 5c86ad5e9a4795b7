"""Plans: what they promise, held to what a controller makes of them."""

import subprocess
import sys
from dataclasses import replace
from math import inf, nan, radians

import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import HOME, Body, Box, Gen3, Scene, Sphere, Workspace
from onehop_kinova_driver._gate import condition_of
from onehop_kinova_driver._gen3 import FASTEST, RANGES, wrapped
from onehop_kinova_driver._rotations import angle_between
from onehop_kinova_driver.planner import (
    GRIPPER,
    JointPath,
    Pace,
    Problem,
    plan,
    problem,
    ways,
)

SEEDS = range(6)
CHECKED = 96
"""Four times the samples of the descent."""


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return [problem(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def solved(problems) -> list[tuple[Problem, JointPath]]:
    pairs = list(zip(problems, plan(problems), strict=True))
    assert sum(path is not None for _, path in pairs) >= len(pairs) - 1
    return [(asked, path) for asked, path in pairs if path is not None]


def asked_for(goal, scene: Scene, seed: int = 0) -> Problem:
    """A problem that begins on the right."""
    quat = GRIPPER.pose(HOME)[1]
    q = GRIPPER.inverse(HOME, (0.55, -0.25, 0.3), quat, 30).q
    return Problem(seed, tuple(q.tolist()), goal, quat, scene)


def carried_out(asked: Problem, path: JointPath):
    """What a controller does that inverts the tool's positions at 20 Hz."""
    q = np.array(asked.start)
    for pos in path.tool(np.arange(0, path.duration + 0.05, 0.05)).tolist():
        found = GRIPPER.inverse(q, tuple(pos), asked.quat, 8)
        q = found.q
        yield found


def test_problems_are_as_said(problems):
    body, box = Body(GRIPPER), Workspace()
    for asked in problems:
        pos, quat = GRIPPER.pose(asked.start)
        assert angle_between(quat, asked.quat) < 1e-5
        assert asked.quat == GRIPPER.pose(HOME)[1]
        assert pos[1] * asked.goal[1] < 0
        for x in (pos, asked.goal):
            inside = zip(box.low, x, box.high, strict=True)
            assert all(a + box.soft < x < b - box.soft for a, x, b in inside)
        assert (len(asked.scene.spheres), len(asked.scene.boxes)) == (2, 1)
        (standing,) = asked.scene.boxes
        assert standing.centre[2] == standing.half[2]
        assert body.clearance(GRIPPER.frames(asked.start), asked.scene) > 0.05


def test_the_straight_line_is_blocked(problems):
    for asked in problems:
        a, b = np.array(GRIPPER.pose(asked.start)[0]), np.array(asked.goal)
        line = a + (b - a) * np.linspace(0, 1, 50)[:, None]
        assert asked.scene.distance(line).min() < GRIPPER.tool_radius + 0.05


def test_a_problem_is_its_numbers(problems):
    assert problem(3) == problems[3]
    assert problem(3).scene != problem(4).scene


def test_a_plan_goes_from_start_to_goal_and_rests_there(solved):
    for asked, path in solved:
        ends = np.array([0, path.duration])
        assert path.q([0.0])[0] == pytest.approx(asked.start, abs=1e-12)
        assert path.tool(ends)[1] == pytest.approx(asked.goal, abs=1e-6)
        assert np.abs(path.dq(ends)).max() < 1e-9
        assert path.q(ends + 5)[1] == pytest.approx(path.q(ends)[1], abs=1e-12)
        assert path.q(ends - 5)[0] == pytest.approx(asked.start, abs=1e-12)
        assert not path.dq(ends + 5)[1].any()
        assert not path.ddq(ends + 5)[1].any()


def test_what_a_controller_makes_of_a_plan_keeps_its_limits(solved):
    body = Body(GRIPPER)
    for asked, path in solved[:3]:
        done = list(carried_out(asked, path))
        q = np.array([found.q for found in done])
        left = np.array(RANGES) - np.abs(wrapped(q))
        clear = min(body.clearance(found.frames, asked.scene) for found in done)
        assert clear > 0.05 - 1e-3
        assert left.min() > 0.15 - 5e-3
        assert max(condition_of(found.jacobian) for found in done) < 17.2
        assert max(found.position_error for found in done) < 1e-5
        assert done[-1].frames[7, :3, 3] == pytest.approx(asked.goal, abs=1e-5)


def test_it_is_what_the_joints_of_the_plan_do(solved):
    for asked, path in solved[:3]:
        done = np.array([found.q for found in carried_out(asked, path)])
        t = 0.05 * np.arange(len(done))
        assert np.abs(done - path.q(t)).max() < 0.02
        for q in path.q(t)[::20]:
            assert angle_between(GRIPPER.pose(q)[1], asked.quat) < radians(3)


def test_the_whole_arm_is_clear_and_the_tool_in_the_workspace(solved):
    body, box = Body(GRIPPER), Workspace()
    for asked, path in solved:
        t = np.linspace(0, path.duration, CHECKED)
        frames = [GRIPPER.frames(q) for q in path.q(t)]
        clear = min(body.clearance(each, asked.scene) for each in frames)
        assert clear > 0.05 - 1e-3
        assert path.clearance(asked.scene, CHECKED) == pytest.approx(clear, abs=1e-9)
        tool = np.array([each[7, :3, 3] for each in frames])
        assert path.tool(t) == pytest.approx(tool, abs=1e-12)
        assert (tool > np.array(box.low) + box.soft - 1e-3).all()
        assert (tool < np.array(box.high) - box.soft + 1e-3).all()


def test_the_derivatives_are_those_of_the_angles(solved):
    _, path = solved[0]
    t, h = np.linspace(0.5, path.duration - 0.5, 20), 1e-4
    assert (path.q(t + h) - path.q(t - h)) / (2 * h) == pytest.approx(
        path.dq(t), abs=1e-6
    )
    assert (path.dq(t + h) - path.dq(t - h)) / (2 * h) == pytest.approx(
        path.ddq(t), abs=1e-6
    )


SLOW = tuple(0.1 * w for w in FASTEST)


@pytest.mark.parametrize(
    "pace",
    [Pace(), Pace(10.0, 0.05), Pace(10.0, 1e3, SLOW)],
    ids=["speed", "acceleration", "joints"],
)
def test_no_faster_than_the_pace_and_hardly_slower(problems, pace):
    paths = [path for path in plan(problems[:2], pace=pace) if path is not None]
    assert paths
    for path in paths:
        t, h = np.linspace(0, path.duration, 2_001, retstep=True)
        v = np.diff(path.tool(t), axis=0) / h
        a = np.diff(v, axis=0) / h
        used = (
            np.linalg.norm(v, axis=1).max() / pace.speed,
            np.linalg.norm(a, axis=1).max() / pace.acceleration,
            (np.abs(path.dq(t)) / pace.joints).max(),
        )
        assert max(used) < 1 + 1e-3
        assert max(used) > 0.7


def test_the_same_again_is_the_same_bytes_and_alone_nearly_so(problems, solved):
    again = [path for path in plan(problems) if path is not None]
    for (_, path), other in zip(solved, again, strict=True):
        assert path.points.tobytes() == other.points.tobytes()
        assert path.duration == other.duration
    asked, path = solved[2]
    (alone,) = plan([asked])
    assert alone.points == pytest.approx(path.points, abs=1e-9)
    assert alone.duration == pytest.approx(path.duration, abs=1e-9)


def test_scenes_of_several_sizes_are_planned_together(solved):
    asked, path = solved[0]
    more = Scene((*asked.scene.spheres, Sphere((0.4, 0.5, 0.1), 0.02)), (), 0.01)
    other = replace(asked, scene=more)
    bare = replace(asked, scene=Scene())
    together = plan([other, asked, bare])
    assert together[1].points == pytest.approx(path.points, abs=1e-9)
    assert together[0].clearance(more, CHECKED) > 0.05 - 1e-3
    assert together[2].clearance(bare.scene) == inf


def test_a_ball_in_the_way_is_passed_above_and_below():
    ball = Sphere((0.62, 0.0, 0.28), 0.03)
    asked = asked_for((0.55, 0.25, 0.3), Scene((ball,)))
    found = ways(asked, seeds=8)
    middle = [path.tool(np.linspace(0, path.duration, 200)) for path in found]
    heights = [x[np.abs(x[:, 1]).argmin(), 2] for x in middle]
    assert min(heights) < 0.28 - 0.08
    assert max(heights) > 0.28 + 0.08
    (best,) = plan([asked], seeds=8)
    assert best.points == pytest.approx(found[0].points, abs=1e-9)


@pytest.mark.parametrize(
    ("goal", "boxes"),
    [
        ((0.55, 0.25, 0.3), (Box((0.55, 0.25, 0.2), (0.05, 0.05, 0.2)),)),
        ((0.55, 0.25, 0.3), (Box((0.5, 0.05, 0.5), (0.5, 0.02, 0.5)),)),
        ((0.74, 0.25, 0.3), ()),
        ((1.5, 0.25, 0.3), ()),
        ((0.55, -0.25, 2.0), ()),
    ],
    ids=["in a box", "behind a wall", "at the side", "too far", "too high"],
)
def test_without_a_solution_there_is_none(goal, boxes):
    asked = asked_for(goal, Scene((), boxes))
    assert plan([asked], seeds=2) == [None]
    assert ways(asked, seeds=2) == []


def test_a_start_with_another_rotation_is_no_plan():
    asked = asked_for((0.55, 0.25, 0.3), Scene())
    turned = (*asked.start[:6], asked.start[6] + radians(10))
    assert plan([asked]) != [None]
    assert plan([replace(asked, start=turned)]) == [None]


def test_there_may_be_nothing_to_do():
    assert plan([]) == []
    asked = asked_for((0.55, -0.25, 0.3), Scene())
    (path,) = plan([asked])
    assert path.tool([path.duration])[0] == pytest.approx(asked.goal, abs=1e-6)


STILL = np.zeros((6, 7))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: problem(-1), "seed: expected a whole number"),
        (lambda: problem(1.5), "seed: expected a whole number"),
        (lambda: plan([problem(0)], seeds=0), "seeds: expected a whole number"),
        (lambda: Pace(speed=0.0), "pace: expected"),
        (lambda: Pace(acceleration=nan), "pace: expected"),
        (lambda: Pace(joints=(1.0,) * 6), "pace: expected"),
        (lambda: JointPath(STILL[:4], 1.0), "points: expected"),
        (lambda: JointPath(STILL[:, :6], 1.0), "points: expected"),
        (lambda: JointPath(STILL + inf, 1.0), "points: expected finite"),
        (lambda: JointPath(STILL, 0.0), "duration: expected above 0"),
        (lambda: asked_for((0.5, nan, 0.3), Scene()), "goal: expected"),
        (lambda: asked_for((0.5, 0.3), Scene()), "goal: expected 3 numbers"),
        (lambda: replace(problem(0), quat=(1.0, 1.0, 0.0, 0.0)), "quat: expected"),
        (lambda: problem(0, Gen3(tool=(0.0, 0.0, 5.0))), "arm: expected one"),
    ],
)
def test_bad_input_is_named(made, said):
    with pytest.raises(BadInput, match=said):
        made()


def test_the_driver_itself_needs_no_scipy():
    code = "import sys, onehop_kinova_driver; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

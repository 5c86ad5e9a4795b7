"""How far the arm is from itself, against points on the axes of its parts."""

from functools import cache
from itertools import combinations
from math import pi

import numpy as np
import pytest

from onehop_kinova_driver import HOME, Body, Gen3
from onehop_kinova_driver._rotations import from_vector

from .oracle import apart, may_touch, parts

TOOLS = [(0.0, 0.0, 0.0), (0.0, 0.0, 0.12), (0.0, 0.03, 0.2)]
ENDS = np.array([pi, 2.24, pi, 2.57, pi, 2.09, pi])
BENDS = 1, 3, 5
"""Joints 2, 4, 6, of links 1, 3, 5."""


def postures(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-ENDS, ENDS, (n, 7))


def bends(i: int, j: int) -> int:
    """Joints that bend between two parts: joint k + 1 turns link k, the tool none."""
    return sum(i < k <= j for k in BENDS)


@cache
def study(tool) -> dict[tuple[int, int], np.ndarray]:
    """How far each two parts are from each other in many postures [m]."""
    body = Body(Gen3(tool))
    found: dict[tuple[int, int], list[float]] = {}
    for q in postures(300):
        standing = parts(body, body.arm.frames(q))
        for i, j in combinations(sorted(standing), 2):
            found.setdefault((i, j), []).append(apart(standing[i], standing[j], 60))
    return {pair: np.array(gaps) for pair, gaps in found.items()}


@pytest.mark.parametrize("tool", TOOLS)
def test_it_is_the_least_of_those_that_may_touch(tool):
    body = Body(Gen3(tool))
    gaps = np.array([gap for pair, gap in study(tool).items() if may_touch(*pair)])
    came = [body.self_clearance(body.arm.frames(q)) for q in postures(300)]
    assert came == pytest.approx(gaps.min(0), abs=1e-3)
    assert min(came) < 0.01 < 0.05 < max(came)


@pytest.mark.parametrize("tool", TOOLS)
def test_those_that_are_left_out_are_kept_apart_by_one_joint(tool):
    out = {pair for pair in study(tool) if not may_touch(*pair)}
    assert all(bends(*pair) <= 1 for pair in out)
    always = {pair for pair, gaps in study(tool).items() if gaps.max() < 0.01}
    assert always
    assert always <= out


@pytest.mark.parametrize("tool", TOOLS)
def test_those_that_may_touch_hardly_ever_do(tool):
    for pair, gaps in study(tool).items():
        if may_touch(*pair):
            assert (gaps < 0.01).mean() < 0.03, pair
    forearm_and_bracelet = study(tool)[3, 6]
    assert (forearm_and_bracelet < 0.01).mean() > 0.1  # for its range's end alone


def test_stretched_out_the_gap_is_the_way_between_two_joints():
    body = Body(Gen3())
    frames = body.arm.frames((0.0,) * 7)
    way = np.linalg.norm(frames[5, :3, 3] - frames[3, :3, 3])  # half arm to wrist
    assert body.self_clearance(frames) == pytest.approx(way - 0.06 - 0.055, abs=1e-9)


@pytest.mark.parametrize("tool", [TOOLS[0], TOOLS[1]])
@pytest.mark.parametrize("down", [False, True])
def test_where_planners_have_the_tool_the_arm_is_far_from_itself(tool, down):
    body, rng = Body(Gen3(tool)), np.random.default_rng(0)
    arm = body.arm
    home, ahead = arm.pose(HOME)
    quat = from_vector((pi, 0.0, 0.0)) if down else ahead
    assert body.self_clearance(arm.frames(HOME)) > 0.06
    near, reached = [], 0
    for _ in range(60):
        goal = rng.uniform((0.35, -0.35, 0.15), (0.62, 0.35, 0.45))
        q = np.array(HOME)
        for share in np.linspace(0.1, 1, 10):
            pos = tuple((share * goal + (1 - share) * np.array(home)).tolist())
            found = arm.inverse(q, pos, quat)
            q = found.q
        kept = (np.abs(q[list(BENDS)]) < ENDS[list(BENDS)] - 0.1).all()
        if kept and found.position_error < 1e-3:
            reached += 1
            near.append(body.self_clearance(found.frames))
    assert reached > 30
    assert min(near) > 0.02


def test_the_hand_is_where_the_tool_is_while_its_rotation_stays():
    """Postures of one rotation, far apart: the same spheres, as seen from the tool."""
    arm = Gen3(tool=(0.0, 0.0, 0.12))
    body, (_, quat) = Body(arm), arm.pose(HOME)
    offsets, radii = body.hand(arm.frames(HOME))
    assert len(offsets) == len(radii) > 5
    assert np.linalg.norm(offsets, axis=1).max() == pytest.approx(0.2874, abs=1e-3)
    for pos in ((0.6, -0.2, 0.2), (0.45, 0.3, 0.4), (0.7, 0.0, 0.5)):
        found = arm.inverse(HOME, pos, quat, 50)
        assert found.position_error < 1e-5
        again, _ = body.hand(found.frames)
        assert again == pytest.approx(offsets, abs=1e-3)

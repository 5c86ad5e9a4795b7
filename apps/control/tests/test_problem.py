"""Problems and paths of the driver's planner, and an arm that is taken along one."""

import sys

import numpy as np
import pytest

from onehop_control import (
    GRIPPER,
    ByPlanner,
    Conditions,
    Fixed,
    Weights,
    kinematic,
    pilot_of,
    try_out,
)
from onehop_control._problem import at_start, drawn, path_of
from onehop_interfaces import BadInput
from onehop_kinova_driver import Scene, Workspace, planner

SEED = 500_003


@pytest.fixture(scope="module")
def problem():
    return drawn(SEED)


def test_it_is_the_planners(problem):
    made = planner.problem(SEED)
    assert problem == (SEED, made.start, made.goal, made.quat, made.scene)
    assert planner.GRIPPER == GRIPPER


def test_a_path_begins_at_the_tool_and_ends_at_the_goal(problem):
    path = path_of(problem)
    assert path[0] == pytest.approx(at_start(problem).pos, abs=1e-4)
    assert path[-10:] == pytest.approx(np.tile(problem.goal, (10, 1)), abs=2e-3)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert 0 < steps.max() < 0.1 * 0.05


def test_the_planners_path_leads_to_the_goal(problem):
    pilot = pilot_of(ByPlanner(), problem, 0, Weights(), Workspace())
    came = try_out(pilot, problem, Conditions(kinematic, pace=Fixed(0.0))).outcome
    assert came.success
    assert came.arm_clearance > 0.04
    assert came.switches == 0


def test_what_has_no_way_is_said(problem, monkeypatch):
    monkeypatch.setattr(planner, "plan", lambda problems: [None])
    with pytest.raises(BadInput, match="planner: expected a way"):
        path_of(problem._replace(scene=Scene()))


def test_without_the_planner_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onehop_kinova_driver.planner", None)
    with pytest.raises(BadInput, match=r"pip install onehop-control\[plan\]"):
        drawn(1)

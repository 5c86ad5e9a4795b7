"""Problems that a straight line solves, and one that it does not."""

import json

import numpy as np
import pytest

from onehop_control import GRIPPER, Problem
from onehop_control._contract import SEES
from onehop_interfaces import Signature
from onehop_kinova_driver import HOME, Box, Scene, Sphere

AWAY = Scene(
    (Sphere((0.5, -0.35, 0.2), 0.05), Sphere((0.5, -0.45, 0.2), 0.05)),
    (Box((0.7, -0.4, 0.1), (0.05, 0.05, 0.1)),),
)
"""Two spheres and a box that are in nobody's way."""
GOAL = (0.5, 0.15, 0.38)


@pytest.fixture(scope="session")
def free() -> Problem:
    """One whose straight line is free."""
    _, quat = GRIPPER.pose(HOME)
    return Problem(1, HOME, GOAL, quat, AWAY)


@pytest.fixture(scope="session")
def close(free) -> Problem:
    """The same with a goal that is soon reached."""
    return free._replace(goal=(0.565, 0.04, 0.42))


@pytest.fixture(scope="session")
def blocked(free) -> Problem:
    """The same with a ball in the middle of the way."""
    (x, y, z), _ = GRIPPER.pose(HOME)
    middle = tuple((a + b) / 2 for a, b in zip((x, y, z), GOAL, strict=True))
    ball = Sphere((middle[0] - 0.02, middle[1] + 0.08, middle[2]), 0.03)
    return free._replace(scene=Scene((ball, AWAY.spheres[1]), AWAY.boxes))


@pytest.fixture
def scene_file(tmp_path):
    """The free problem's obstacles as a file."""
    file = tmp_path / "scene.json"
    file.write_text(json.dumps(json.loads(AWAY.to_json())))
    return file


class Fan:
    """A policy of arrays: plans that go on from the tool, each a little aside.

    Speed and width of the fan are those of the noise: it is what a small student does.
    """

    signature = Signature(dict(SEES), 1, 32, 32, 3, period=0.05)
    noise = (32, 3)

    def act(self, obs, noise):
        here, goal = obs["position"][:, 0], obs["goal"][:, 0]
        left = np.linalg.norm(goal - here, axis=1)[:, None, None]
        ahead = (0.05 * 0.08 * (5 + np.arange(32)))[None, :, None]
        share = np.minimum(ahead / np.maximum(left, 1e-6), 1)
        aside = 0.02 * noise[:, :1] * share * (1 - share)
        plans = here[:, None] + share * (goal - here)[:, None] + aside
        return plans.astype(np.float32)


@pytest.fixture(scope="session")
def fan() -> Fan:
    """A policy of this task."""
    return Fan()

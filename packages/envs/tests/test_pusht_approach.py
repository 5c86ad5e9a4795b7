import numpy as np
import pytest
import shapely

from onehop_envs import _pusht_approach as approaches
from onehop_envs import _pusht_quasistatic as quasi

T = shapely.Polygon(quasi.CORNERS)
RANDOM = np.random.default_rng(0)
ANGLES = RANDOM.uniform(0, 2 * np.pi, 12)
ENDS = approaches._ring()[::5] * 1.02


@pytest.fixture(scope="module")
def approach() -> approaches.Approach:
    return approaches.Approach(ENDS)


def way_of(approach, pose, agent, end) -> np.ndarray:
    return np.array([agent, *approach.way(pose, agent, end)])


@pytest.mark.parametrize("angle", ANGLES)
def test_ways_keep_clear_and_lead_to_their_end(approach, angle: float) -> None:
    pose = np.array([256, 256, angle])
    agent = pose[:2] + 110 * np.array([np.cos(3 * angle), np.sin(3 * angle)])
    lengths = approach.lengths(pose[None], agent[None])[0]
    for end, local in enumerate(ENDS):
        way = way_of(approach, pose, agent, end)
        goal = pose[:2] + quasi.rotated(angle, local)
        np.testing.assert_allclose(way[-1], goal)
        line = shapely.LineString(quasi.rotated(-angle, way - pose[:2]))
        # Clear of the circle's 15 px; sampled, so not exactly the 21 px asked for.
        assert T.distance(line) > 19
        # Straightening shortens a way a little and never lengthens it.
        assert np.hypot(*(goal - agent)) - 1e-6 <= line.length <= lengths[end] + 1e-6
        assert line.length > 0.75 * lengths[end]


def test_way_is_near_the_shortest_round_the_inflated_t(approach) -> None:
    pose = np.array([256.0, 256.0, 0.0])
    agent = np.array([256.0, 181.0])
    end = int(np.argmax(ENDS[:, 1] - np.abs(ENDS[:, 0])))
    length = shapely.LineString(way_of(approach, pose, agent, end)).length
    inflated = T.buffer(approaches.CLEARANCE)
    goal = shapely.Point(ENDS[end])
    hull = shapely.MultiPoint([shapely.Point(0, -75), goal]).union(inflated).convex_hull
    # Round the convex hull, by the shorter side.
    ring, a, b = hull.exterior, shapely.Point(0, -75), goal
    part = abs(ring.project(a) - ring.project(b))
    expected = min(part, ring.length - part)
    assert 0.9 * expected < length < 1.1 * expected


def test_agent_in_contact_leaves_without_pressing(approach) -> None:
    pose = np.array([256.0, 256.0, 0.0])
    agent = np.array([256.0, 196.0])
    for end in range(len(ENDS)):
        way = way_of(approach, pose, agent, end) - pose[:2]
        assert T.distance(shapely.LineString(way)) > 14


def test_ways_stay_in_the_world(approach) -> None:
    pose = np.array([60.0, 256.0, 0.0])
    agent = np.array([200.0, 250.0])
    for end in range(len(ENDS)):
        way = way_of(approach, pose, agent, end)
        assert (way >= 0).all()
        assert (way <= 512).all()

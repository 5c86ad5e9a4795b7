import numpy as np
import pymunk
import pytest
import shapely

from onehop_envs import PushTPhysics
from onehop_envs import _pusht_geometry as geometry
from onehop_envs import _pusht_quasistatic as quasi

T = shapely.Polygon(quasi.CORNERS)


def test_nearest_equals_shapely() -> None:
    q = np.random.default_rng(0).uniform(-90, 90, (500, 2))
    at = quasi.nearest(q)
    points = shapely.points(q)
    distance = shapely.distance(T.exterior, points)
    expected = np.where(shapely.contains(T, points), -distance, distance)
    np.testing.assert_allclose(at.clearance, expected, atol=1e-9)
    np.testing.assert_allclose(
        shapely.distance(T.exterior, shapely.points(at.point)), 0, atol=1e-9
    )
    np.testing.assert_allclose(q, at.point + at.clearance[:, None] * at.normal)


def test_pushed_ends_every_contact_and_only_those() -> None:
    random = np.random.default_rng(1)
    pose = random.uniform([200, 200, -3], [300, 300, 3], (300, 3))
    agent = pose[:, :2] + random.uniform(-90, 90, (300, 2))
    before = quasi.nearest(quasi.rotated(-pose[:, 2], agent - pose[:, :2])).clearance
    slight = (before > 14) & (before < 15)
    assert slight.sum() > 5
    after = quasi.pushed(pose, agent)
    moved = np.abs(after - pose).max(axis=1) > 0
    np.testing.assert_array_equal(moved, before < 15)
    local = quasi.rotated(-after[slight, 2], agent[slight] - after[slight, :2])
    clearance = quasi.nearest(local).clearance
    # An inner corner of two edges takes more than the two rounds to settle exactly.
    np.testing.assert_allclose(clearance, 15, atol=0.05)


def test_centre_and_moment_are_those_of_the_engine() -> None:
    moment = 2 * pymunk.moment_for_poly(1, geometry.BAR)
    assert moment == pytest.approx(quasi._MOMENT)
    centres = [np.mean(box, axis=0) for box in (geometry.BAR, geometry.STEM)]
    np.testing.assert_allclose(quasi.CENTRE, np.mean(centres, axis=0))


def push_both_ways(random: np.random.Generator) -> tuple[float, float]:
    """How far model and engine part in a random push, and how far the T went [px]."""
    physics = PushTPhysics()
    physics.set_state((0, 0, *random.uniform(200, 300, 2), random.uniform(0, 6)))
    pose = start = quasi.centred(physics.block)
    edge, t = random.integers(8), random.uniform(0.1, 0.9)
    contact = quasi.CORNERS[edge] * (1 - t) + quasi.CORNERS[(edge + 1) % 8] * t
    normal = quasi.NORMALS[edge]
    heading = -quasi.rotated(random.uniform(-0.6, 0.6), normal)
    begin = contact + 15 * normal - 8 * heading
    if quasi.nearest(begin[None]).clearance[0] < 16:
        return push_both_ways(random)
    begin = pose[:2] + quasi.rotated(pose[2], begin)
    heading = quasi.rotated(pose[2], heading)
    length = random.uniform(20, 80)

    (x, y), velocity = begin, (0.0, 0.0)
    snapshot = physics.snapshot()._replace(agent=(x, y), agent_velocity=velocity)
    physics.restore(snapshot)
    for step in range(40):
        x, y = begin + heading * min(14.0 * (step + 1), length)
        physics.step((x, y))

    for way in np.linspace(0, length, 40):
        pose = quasi.pushed(pose[None], (begin + heading * way)[None])[0]
    reached = quasi.centred(physics.block)
    error = np.hypot(*(pose - reached)[:2]) + 50 * abs(pose[2] - reached[2])
    return float(error), float(np.hypot(*(reached - start)[:2]))


def test_model_follows_the_engine() -> None:
    random = np.random.default_rng(2)
    error, way = np.array([push_both_ways(random) for _ in range(60)]).T
    assert np.median(way) > 15
    assert np.median(error) < 0.4
    assert np.quantile(error, 0.9) < 1.0

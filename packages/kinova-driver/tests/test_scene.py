"""Distances to scenes and of the body, against points on the surfaces."""

import json
from math import inf, nan

import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import HOME, Body, Box, Gen3, Scene, Sphere

RNG = np.random.default_rng(0)
BALL = Sphere((0.5, -0.25, 1.0), 0.75)
BOX = Box((-0.5, 0.25, 0.0), (0.5, 0.25, 1.0))


def on_the_ball(n: int) -> np.ndarray:
    way = RNG.normal(size=(n, 3))
    return BALL.centre + BALL.radius * way / np.linalg.norm(way, axis=1)[:, None]


def on_the_box(n: int) -> np.ndarray:
    p = RNG.uniform(-1, 1, (n, 3))
    side = RNG.integers(3, size=n)
    p[np.arange(n), side] = np.sign(p[np.arange(n), side])
    return BOX.centre + np.array(BOX.half) * p


@pytest.mark.parametrize(
    ("scene", "surface"),
    [(Scene((BALL,)), on_the_ball), (Scene(boxes=(BOX,)), on_the_box)],
    ids=["sphere", "box"],
)
def test_distance_is_to_the_nearest_point_of_the_surface(scene, surface):
    shell = surface(20_000)
    points = RNG.uniform(-2, 2, (50, 3))
    nearest = np.linalg.norm(points[:, None] - shell, axis=2).min(1)
    came = scene.distance(points)
    assert np.abs(came) == pytest.approx(nearest, abs=0.04)
    assert scene.distance(shell[:100]) == pytest.approx(0, abs=1e-12)


def test_inside_is_negative_and_the_margin_is_taken_off():
    centres = np.array([BALL.centre, BOX.centre])
    both = Scene((BALL,), (BOX,))
    assert both.distance(centres) == pytest.approx([-0.75, -0.25])
    wider = Scene((BALL,), (BOX,), margin=0.1)
    points = RNG.uniform(-2, 2, (50, 3))
    assert wider.distance(points) == pytest.approx(both.distance(points) - 0.1)
    assert Scene().distance(points).tolist() == [inf] * 50


def test_json_leads_back(tmp_path):
    scene = Scene((BALL,), (BOX, BOX), 0.02)
    assert Scene.from_json(scene.to_json()) == scene
    (tmp_path / "scene.json").write_text(scene.to_json(), "utf-8")
    assert Scene.load(tmp_path / "scene.json") == scene
    assert Scene.from_json("{}") == Scene()


@pytest.mark.parametrize(
    "value",
    [
        {"spheres": [{"centre": [0, 0], "radius": 1}]},
        {"spheres": [{"centre": [0, 0, "a"], "radius": 1}]},
        {"spheres": [{"centre": [0, 0, 0], "radius": 0}]},
        {"spheres": [{"centre": [0, 0, 0]}]},
        {"spheres": {}},
        {"boxes": [{"centre": [0, 0, 0], "half": [1, 1, -1]}]},
        {"boxes": [{"centre": [0, 0, 1e9], "half": [1, 1, 1]}]},
        {"boxes": [[0, 0, 0]]},
        {"margin": -1},
        {"margin": None},
        {"cylinders": []},
    ],
)
def test_other_json_is_refused(value):
    with pytest.raises(BadInput, match="expected"):
        Scene.from_json(json.dumps(value))


@pytest.mark.parametrize("bad", [nan, inf, -1.0, 0.0])
def test_sizes_are_finite_and_positive(bad):
    with pytest.raises(BadInput):
        Sphere((0.0, 0.0, 0.0), bad)
    with pytest.raises(BadInput):
        Box((0.0, 0.0, 0.0), (1.0, bad, 1.0))


def test_spheres_cover_the_capsules():
    body = Body(Gen3((0.0, 0.0, 0.12)))
    frames = body.arm.frames(HOME)
    centres, radii = body.centres(frames), body.radii
    for link, a, b, radius in body.capsules:
        way = RNG.normal(size=(2_000, 3))
        way *= radius / np.linalg.norm(way, axis=1)[:, None]
        share = RNG.uniform(size=(2_000, 1))
        local = np.array(a) + share * (np.array(b) - a) + way
        points = local @ frames[link, :3, :3].T + frames[link, :3, 3]
        depth = np.linalg.norm(points[:, None] - centres, axis=2) - radii
        assert (depth.min(1) <= 1e-12).all()


def test_clearance_is_that_of_the_nearest_part():
    body = Body(Gen3())
    frames = body.arm.frames(HOME)
    assert body.clearance(frames, Scene()) == inf
    elbow = frames[3, :3, 3]
    ball = Sphere(tuple(elbow + np.array([0, 0, 0.3])), 0.1)
    came = body.clearance(frames, Scene((ball,)))
    assert came == pytest.approx(0.3 - 0.1 - 0.06, abs=0.01)
    assert came <= 0.3 - 0.1 - 0.06


def test_the_tool_is_a_capsule_that_ends_at_its_point():
    body = Body(Gen3((0.0, 0.0, 0.2), tool_radius=0.03))
    frames = body.arm.frames(HOME)
    ahead = frames[7, :3, 3] + 0.1 * frames[7, :3, 2]
    came = body.clearance(frames, Scene((Sphere(tuple(ahead), 0.01),)))
    assert came == pytest.approx(0.09, abs=0.011)

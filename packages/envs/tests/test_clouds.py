"""Clouds against closed forms, and rays against rendered depth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from onehop_envs import DepthCamera, Eye, RayCamera
from onehop_envs._clouds import pinhole
from onehop_interfaces import BadInput

mujoco = pytest.importorskip("mujoco", reason="needs onehop-envs[mujoco]")

SCENE = """
<mujoco>
  <worldbody>
    <geom name="floor" type="plane" size="5 5 .1"/>
    <geom name="ball" type="sphere" pos="0 0 .5" size=".2"/>
    <geom name="glass" type="sphere" pos="0 0 .5" size=".4" rgba="1 1 1 0"/>
    <geom name="hull" type="box" pos="0 0 .5" size=".3 .3 .3" group="3"/>
    <site name="goal" pos=".6 0 .5" size=".1"/>
    <site name="tick" pos="0 -.6 .5" size=".1 .1 .1" type="box"/>
    <site name="frame" pos="0 .6 .5" size=".1" group="4"/>
  </worldbody>
</mujoco>
"""
EYE = Eye((0.2, -2.0, 1.4), (0.2, 0.0, 0.5), 50.0)
ABOVE = np.array([[-1, -1, 0.01], [1, 1, 1.0]])


@pytest.fixture
def scene():
    model = mujoco.MjModel.from_xml_string(SCENE)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def off(points, centre, radius):
    """How far points are from a sphere's surface."""
    return np.abs(np.linalg.norm(points - centre, axis=1) - radius)


def test_points_are_on_what_is_drawn_and_on_its_near_side(scene):
    """Glass, groups above 2, and sites that are no spheres are not met."""
    model, data = scene
    cloud = RayCamera(model, EYE, (48, 64), ABOVE)(data, 256)
    ball, goal = np.array([0, 0, 0.5]), np.array([0.6, 0, 0.5])
    on_ball, on_goal = off(cloud, ball, 0.2) < 1e-6, off(cloud, goal, 0.1) < 1e-6
    assert (on_ball | on_goal).all()
    assert on_ball.sum() > 20
    assert on_goal.sum() > 5
    for centre, which in ((ball, on_ball), (goal, on_goal)):
        outwards, back = cloud[which] - centre, np.array(EYE.at) - cloud[which]
        assert ((outwards * back).sum(1) > -1e-6).all()


def test_every_pixel_has_its_ray(scene):
    """The floor is where (h, w) rays, written out one by one, meet it."""
    model, data = scene
    box = np.array([[-3, -3, -0.01], [3, 3, 0.01]])
    eye, (h, w) = Eye((0.0, -1.0, 2.0), (0.0, -0.9, 0.0), 40.0), (6, 8)
    found = RayCamera(model, eye, (h, w), box)(data, h * w)
    f = np.array([0, 0.1, -2.0]) / np.hypot(0.1, 2)
    r, u = np.array([1.0, 0, 0]), np.array([0, 2.0, 0.1]) / np.hypot(0.1, 2)
    high = np.tan(np.radians(20))
    expected = []
    for i in range(h):
        for j in range(w):
            across, above = (2 * j + 1 - w) / h * high, (h - 2 * i - 1) / h * high
            d = f + across * r + above * u
            expected.append(np.array(eye.at) - d * 2.0 / d[2])
    gap = np.linalg.norm(found[:, None] - np.array(expected), axis=2)
    assert_array_equal(np.sort(gap.argmin(1)), range(h * w))
    assert gap.min(1).max() < 1e-6


def scattered(rng, kinds):
    """Things of these kinds, turned and coloured by chance, in and out of the box."""
    things = [
        f'<geom type="{kind}" pos="{p[0]} {p[1]} {p[2]}" euler="{a[0]} {a[1]} {a[2]}" '
        f'size="{s[0]} {s[1]} {s[2]}" rgba="1 1 1 {rng.integers(2)}"/>'
        for kind in kinds
        for p, a, s in zip(
            *(rng.uniform(-1.3, 1.3, (12, 3)), rng.uniform(0, 90, (12, 3))),
            rng.uniform(0.02, 0.2, (12, 3)),
            strict=True,
        )
    ]
    return f"<mujoco><worldbody>{''.join(things)}</worldbody></mujoco>"


@pytest.mark.parametrize("seed", range(8))
def test_the_cloud_is_of_all_rays_that_end_inside(seed):
    """All rays, cast one by one, end inside the box where the cloud's points are."""
    rng = np.random.default_rng(seed)
    kinds = "box", "sphere", "capsule", "cylinder", "ellipsoid"
    model = mujoco.MjModel.from_xml_string(scattered(rng, kinds))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    low, high = box = np.array([[-0.5, -0.4, -0.6], [0.6, 0.5, 0.4]])
    rays, at = pinhole(EYE, (60, 80)).reshape(-1, 3), np.array(EYE.at)
    ends, geom = [], np.zeros(1, np.int32)
    for ray in rays:
        t = mujoco.mj_ray(model, data, at, ray, None, 1, -1, geom)
        end = at + t * ray
        if t >= 0 and ((low < end) & (end < high)).all():
            ends.append(end)
    assert ends
    cloud = RayCamera(model, EYE, (60, 80), box)(data, len(ends))
    assert_allclose(in_order(cloud), in_order(ends), atol=1e-5)


def in_order(points):
    """Sorted by their places in space, to a millimetre."""
    points = np.asarray(points)
    return points[np.lexsort(points.round(3).T)]


def test_moved_things_are_met_where_they_are(scene):
    model, data = scene
    camera = RayCamera(model, EYE, (48, 64), ABOVE)
    before = camera(data, 64)
    assert_array_equal(camera(data, 64), before)
    model.geom("ball").pos[:] = model.site("goal").pos[:] = [0.3, 0.3, 0.6]
    mujoco.mj_forward(model, data)
    assert off(camera(data, 64), np.array([0.3, 0.3, 0.6]), 0.2).max() < 1e-6


def test_few_points_are_repeated_and_none_are_the_middle_of_the_box(scene):
    model, data = scene
    cloud = RayCamera(model, EYE, (12, 16), ABOVE)(data, 500)
    kinds, times = np.unique(cloud, axis=0, return_counts=True)
    assert len(kinds) < 100
    assert times.max() - times.min() <= 1
    empty = np.array([[-1, -1, 0.8], [1.0, 1.0, 1.0]])
    assert_allclose(
        RayCamera(model, EYE, (12, 16), empty)(data, 3), np.tile([0, 0, 0.9], (3, 1))
    )


def test_what_cannot_be_seen_is_refused(scene):
    model, _ = scene
    with pytest.raises(BadInput, match="box: expected one in view"):
        RayCamera(model, EYE, (12, 16), ABOVE - [0, 9, 0])
    with pytest.raises(BadInput, match="low and high corner"):
        RayCamera(model, EYE, (12, 16), ABOVE[::-1])
    with pytest.raises(BadInput, match="aside of what is up"):
        RayCamera(model, Eye((0, 0, 2), (0, 0, 0), 40), (12, 16), ABOVE)
    with pytest.raises(BadInput, match="fovy 180"):
        RayCamera(model, EYE._replace(fovy=180), (12, 16), ABOVE)


BLOCK = """
<mujoco>
  <worldbody>
    <geom type="plane" size="5 5 .1"/>
    <geom type="box" pos="0 0 .5" size=".2 .3 .1" euler="20 30 40"/>
    <site pos=".6 0 .5" size=".1"/>
  </worldbody>
</mujoco>
"""


@pytest.fixture
def egl(monkeypatch):
    """A way to draw that needs no display."""
    try:
        from mujoco.egl import GLContext

        GLContext(8, 8).free()
    except Exception as error:
        pytest.skip(f"needs EGL: {error!r}")
    monkeypatch.setattr(mujoco.gl_context, "GLContext", GLContext)


@pytest.mark.usefixtures("egl")
def test_rays_and_rendered_depth_agree():
    """But where a pixel is on an edge; the goal is a polygon to a renderer."""
    model = mujoco.MjModel.from_xml_string(BLOCK)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    box = np.array([[-1, -1, -0.01], [1, 1, 1.0]])
    cast = RayCamera(model, EYE, (48, 64), box)(data, 2000)
    depth = DepthCamera(model, EYE, (48, 64), box)
    seen = depth(data, 2000)
    depth.close()
    gap = np.linalg.norm(seen[:, None] - cast[None], axis=2).min(1)
    flat = off(seen, np.array([0.6, 0, 0.5]), 0.1) > 5e-3
    assert np.mean(gap[flat] < 5e-4) > 0.98
    assert np.median(gap[~flat]) < 2e-3
    assert (~flat).sum() > 20

"""Clouds that are made later are those of the moment they are of."""

import numpy as np
import pytest

from onehop_envs import RayCamera
from onehop_tasks import task_named
from onehop_tasks._glimpse import Glimpse
from onehop_tasks._metaworld_env import BOX, EYE, PIXELS, POINTS, MetaWorldEnv

pytest.importorskip("metaworld")


@pytest.mark.filterwarnings("ignore:Constant")  # of the script's own actions
def test_a_cloud_made_later_is_the_one_that_was_there():
    env = MetaWorldEnv("hammer")
    frame, _ = env.reset(seed=0)
    camera, frames, clouds = RayCamera(env.sawyer.model, EYE, PIXELS, BOX), [], []
    for _ in range(60):
        frames.append(frame)
        clouds.append(camera(env.sawyer.data, POINTS))
        frame, *_ = env.step(env.sawyer.shown())
    # The hammer was lifted meanwhile.
    assert np.abs(clouds[0] - clouds[-1]).max() > 0.05
    for frame, cloud in zip(frames, clouds, strict=True):
        np.testing.assert_array_equal(frame["point_cloud"], cloud)


def test_what_is_not_asked_for_is_not_made_and_nothing_twice():
    made = []

    def cloud():
        made.append(1)
        return np.zeros(3)

    seen = Glimpse({"agent_pos": np.ones(2)}, {"point_cloud": cloud})
    assert (set(seen), len(seen)) == ({"agent_pos", "point_cloud"}, 2)
    assert seen["agent_pos"].sum() == 2
    assert made == []
    assert seen["point_cloud"] is seen["point_cloud"]
    assert made == [1]
    assert set(seen) == {"agent_pos", "point_cloud"}
    with pytest.raises(KeyError):
        seen["image"]


@pytest.mark.parametrize("name", ["metaworld-reach", "adroit-pen"])
def test_to_see_takes_the_cloud(name):
    """What is timed is not only noted."""
    scene = task_named(name).scene
    with scene.make() as env:
        env.reset(seed=0)
        assert np.shape(scene.sensing(env)) == (512, 3)

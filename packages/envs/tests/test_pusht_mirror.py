import numpy as np
import pytest

from onehop_envs import (
    Demonstrations,
    PushTPhysics,
    PushTPlanner,
    demonstrate,
    mirrored,
    with_pictures,
)
from onehop_interfaces import BadInput


@pytest.fixture(scope="module")
def episode() -> Demonstrations:
    return demonstrate((150.0, 150.0, 300.0, 220.0, 1.0), PushTPlanner(0))


def test_the_mirror_image_is_what_physics_does(episode):
    """Replaying the mirrored actions from the mirrored start gives mirrored states."""
    image = mirrored(episode)
    physics = PushTPhysics()
    x, y, bx, by, angle = episode.obs["state"][0].astype(float)
    start = (512 - y, 512 - x, 512 - by, 512 - bx, np.pi / 2 - angle)
    snapshot = physics.snapshot()._replace(
        agent=start[:2], block=start[2:], agent_velocity=(0.0, 0.0)
    )
    physics.restore(snapshot)
    for state, keypoints, action in zip(
        image.obs["state"], image.obs["keypoints"], image.actions, strict=True
    ):
        np.testing.assert_allclose(physics.state[:4], state[:4], atol=0.2)
        turn = physics.state[4] - state[4]
        assert abs(np.sin(turn / 2)) < 1e-3
        np.testing.assert_allclose(
            np.ravel(physics.keypoints()), keypoints[:18], atol=0.3
        )
        physics.step((float(action[0]), float(action[1])))
    assert physics.coverage() > 0.95


def test_twice_mirrored_is_the_same(episode):
    again = mirrored(mirrored(episode))
    for name, array in episode.obs.items():
        np.testing.assert_allclose(again.obs[name], array, atol=1e-3)
    np.testing.assert_allclose(again.actions, episode.actions, atol=1e-4)
    assert again.meta["mirrored"] is True


def test_without_a_state_there_is_nothing_to_mirror():
    keypoints = np.zeros((2, 20), np.float32)
    bare = Demonstrations(
        {"keypoints": keypoints}, np.zeros((2, 2), np.float32), np.array([2])
    )
    with pytest.raises(BadInput, match="expected the observation state"):
        mirrored(bare)


def test_a_mirrored_picture_is_that_of_the_mirrored_state() -> None:
    recorded = demonstrate((150.0, 300.0, 230.0, 260.0, 2.0), PushTPlanner(0), 6)
    drawn = mirrored(with_pictures(recorded))
    expected = with_pictures(mirrored(recorded))
    assert set(drawn.obs) == {"image", "agent_pos"}
    np.testing.assert_allclose(drawn.obs["agent_pos"], expected.obs["agent_pos"])
    np.testing.assert_allclose(drawn.actions, expected.actions)

    def off(image: np.ndarray) -> float:
        difference = drawn.obs["image"].astype(int) - image
        inside = slice(4, -4)  # the walls are a pixel off
        return float(np.abs(difference)[:, inside, inside].mean())

    assert off(expected.obs["image"]) < 0.4  # edges
    assert off(with_pictures(recorded).obs["image"]) > 3.0

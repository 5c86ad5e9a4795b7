import pytest
import torch

from onehop_interfaces import BadInput, Batch
from onehop_teachers import (
    Average,
    Convolutions,
    Flatten,
    Joined,
    Picture,
    crops,
    drop_points,
    jitter,
    random_crop,
)


def test_jitter_moves_all_frames_alike_and_leaves_actions():
    batch = Batch({"keypoints": torch.randn(5000, 2, 3)}, torch.randn(5000, 4, 2))
    seen = jitter(3.0)(batch, torch.Generator().manual_seed(0))
    noise = seen.obs["keypoints"] - batch.obs["keypoints"]
    torch.testing.assert_close(noise[:, 0], noise[:, 1], atol=1e-5, rtol=0)
    # The standard error of a standard deviation from 15,000 draws is .6 %.
    torch.testing.assert_close(noise.std(), torch.tensor(3.0), atol=0, rtol=0.03)
    assert abs(noise.mean()) < 0.1
    assert seen.actions is batch.actions


def test_jitter_leaves_pictures():
    image = torch.zeros(2, 1, 4, 4, 3, dtype=torch.uint8)
    batch = Batch({"image": image, "state": torch.zeros(2, 1, 3)}, torch.zeros(2, 1, 1))
    seen = jitter(1.0)(batch, torch.Generator().manual_seed(0)).obs
    assert seen["image"] is image
    assert bool((seen["state"] != 0).all())


def test_jitter_draws_anew_from_the_generator():
    batch = Batch({"state": torch.zeros(2, 1, 3)}, torch.zeros(2, 1, 1))
    augment, draw = jitter(1.0), torch.Generator().manual_seed(0)
    first, second = (augment(batch, draw).obs["state"] for _ in range(2))
    assert not torch.equal(first, second)
    draw.manual_seed(0)
    assert torch.equal(augment(batch, draw).obs["state"], first)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_a_crop_is_a_window_of_its_row_s_picture(dtype):
    """Pixels that tell where they were: row of the batch, frame, y and x."""
    axes = torch.meshgrid(*map(torch.arange, (50, 2, 7, 9)), indexing="ij")
    pictures = torch.stack(axes, -1).to(dtype)
    batch = Batch(
        {"image": pictures, "state": torch.ones(50, 2, 1)}, torch.ones(50, 4, 2)
    )
    draw = torch.Generator().manual_seed(0)
    cut = random_crop("image", 5, 6)(batch, draw)
    image = cut.obs["image"]
    assert (image.shape, image.dtype) == ((50, 2, 5, 6, 4), dtype)
    corner = image[:, :1, :1, :1]
    inside = torch.stack(
        torch.meshgrid(
            torch.zeros(1).long(), *map(torch.arange, (2, 5, 6)), indexing="ij"
        ),
        -1,
    )
    assert torch.equal(image, (corner + inside).to(dtype)), "one window for all frames"
    for axis, places in ((2, 3), (3, 4)):
        counts = torch.bincount(corner[..., axis].flatten().long(), minlength=places)
        assert len(counts) == places
        assert int(counts.min()) > 0, "every place is taken by some row"
    assert cut.obs["state"] is batch.obs["state"]


def test_a_crop_larger_than_the_picture_is_refused():
    batch = Batch({"image": torch.zeros(2, 1, 7, 9, 3)}, torch.ones(2, 4, 2))
    with pytest.raises(BadInput, match="crop of 'image': expected at most 7, got 8"):
        random_crop("image", 8, 8)(batch, torch.Generator())


def eyes(**how):
    picture = Picture("image", 1, Convolutions((8, 8)), Average(8), **how)
    return Joined({"eye": picture, "x": Flatten({"x": (2,)}, 1)})


def test_what_an_encoder_cuts_out_of_the_middle_is_cut_out_at_random():
    image = torch.randint(0, 256, (4, 1, 9, 9, 3), dtype=torch.uint8)
    batch = Batch({"image": image, "x": torch.zeros(4, 1, 2)}, torch.zeros(4, 1, 1))

    def cut(augment):
        return augment(batch, torch.Generator().manual_seed(3)).obs["image"]

    expected = cut(random_crop("image", 5, 6))
    assert torch.equal(cut(crops(eyes(crop=(5, 6)))), expected)
    for whole in (eyes(), eyes(resize=(8, 8), crop=(5, 6))):
        assert torch.equal(cut(crops(whole)), image)


def test_points_are_left_out_frame_by_frame():
    """Points that tell where they were: row of the batch, frame and number."""
    axes = torch.meshgrid(*map(torch.arange, (300, 2, 10)), indexing="ij")
    cloud = torch.stack(axes, -1).float()
    batch = Batch({"cloud": cloud, "x": torch.ones(300, 2, 1)}, torch.ones(300, 4, 2))
    draw = torch.Generator().manual_seed(0)
    seen = drop_points("cloud", 0.7)(batch, draw).obs
    points = seen["cloud"]
    assert points.shape == (300, 2, 3, 3)
    assert torch.equal(points[..., :2], cloud[:, :, :3, :2]), "of their own frame"
    numbers = points[..., 2].long().sort(dim=2).values
    assert int(numbers.diff(dim=2).min()) > 0, "none is there twice"
    assert not torch.equal(numbers[:, 0], numbers[:, 1])
    # Each point is kept 180 times of 600, with a standard deviation of 11.
    counts = torch.bincount(numbers.flatten(), minlength=10)
    assert int((counts - 180).abs().max()) < 56
    assert seen["x"] is batch.obs["x"]
    again = drop_points("cloud", 0.7)(batch, draw).obs["cloud"]
    assert not torch.equal(points, again)


def test_one_point_is_left_and_none_is_drawn_in_vain():
    batch = Batch({"cloud": torch.randn(3, 2, 5, 3)}, torch.ones(3, 4, 2))
    draw = torch.Generator().manual_seed(0)
    before = draw.get_state()
    assert drop_points("cloud", 0.0)(batch, draw) is batch
    assert torch.equal(draw.get_state(), before)
    assert drop_points("cloud", 1.0)(batch, draw).obs["cloud"].shape[2] == 1


def test_jitter_of_the_observations_named():
    obs = {"cloud": torch.zeros(2, 2, 5, 3), "agent_pos": torch.zeros(2, 2, 4)}
    batch = Batch(obs, torch.zeros(2, 1, 1))
    seen = jitter(1.0, ["cloud"])(batch, torch.Generator().manual_seed(0)).obs
    assert seen["agent_pos"] is obs["agent_pos"]
    assert bool((seen["cloud"] != 0).all())

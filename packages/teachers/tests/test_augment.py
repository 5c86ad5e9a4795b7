import torch

from onehop_interfaces import Batch
from onehop_teachers import jitter


def test_jitter_moves_all_frames_alike_and_leaves_actions():
    batch = Batch({"keypoints": torch.randn(5000, 2, 3)}, torch.randn(5000, 4, 2))
    seen = jitter(3.0)(batch, torch.Generator().manual_seed(0))
    noise = seen.obs["keypoints"] - batch.obs["keypoints"]
    torch.testing.assert_close(noise[:, 0], noise[:, 1], atol=1e-5, rtol=0)
    # The standard error of a standard deviation from 15,000 draws is .6 %.
    torch.testing.assert_close(noise.std(), torch.tensor(3.0), atol=0, rtol=0.03)
    assert abs(noise.mean()) < 0.1
    assert seen.actions is batch.actions


def test_jitter_draws_anew_from_the_generator():
    batch = Batch({"state": torch.zeros(2, 1, 3)}, torch.zeros(2, 1, 1))
    augment, draw = jitter(1.0), torch.Generator().manual_seed(0)
    first, second = (augment(batch, draw).obs["state"] for _ in range(2))
    assert not torch.equal(first, second)
    draw.manual_seed(0)
    assert torch.equal(augment(batch, draw).obs["state"], first)

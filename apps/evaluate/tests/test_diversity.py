import numpy as np
import pytest
import torch

from onehop_evaluate import mode_entropy, spread
from onehop_interfaces import Signature


def test_entropy_of_even_and_single_modes():
    assert mode_entropy(np.arange(24), 24).value == pytest.approx(1.0)
    single = mode_entropy(np.repeat(7, 50), 24)
    assert single == (0.0, 0.0, 0.0)
    assert not np.signbit(single).any()  # tables would say -0.000
    assert mode_entropy(np.array([-1, -1]), 24).value == 0.0


def test_entropy_is_shannons_to_the_base_of_the_number_of_modes():
    modes = np.repeat([0, 1, 2], [50, 25, 25])
    assert mode_entropy(modes, 4).value == pytest.approx(0.75)  # 1.5 bit of 2
    assert mode_entropy(np.append(modes, [-1, -1]), 4).value == pytest.approx(0.75)


def test_the_interval_covers_the_truth():
    """200 draws from 24 even modes: the estimate is low, the interval reaches 1."""
    draw = np.random.default_rng(0)
    found = [mode_entropy(draw.integers(0, 24, 200), 24) for _ in range(40)]
    assert 0.965 < np.mean([estimate.value for estimate in found]) < 0.99
    assert sum(estimate.high >= 0.99 for estimate in found) >= 36
    assert all(estimate.low <= estimate.value for estimate in found)


class Deciding(torch.nn.Module):
    """Plans (4, 2) about 100 times where it is, with its noise there."""

    signature = Signature({"position": (2,)}, 2, 4, 3, 2)
    nfe, noise = 1, (4, 2)

    def act(self, obs, noise):
        here = obs["position"][:, -1:]
        return 100 * here[..., :1] + here[..., 1:] * noise


@pytest.mark.parametrize("noises", [(0.0, 0.0), (2.0, 2.0), (1.0, 7.0)])
def test_spread_is_the_noise_of_chunks_whatever_their_means(noises, cpu):
    """The root of the mean variance: 5 for 1 and 7, whose mean is 4."""
    where = np.random.default_rng(0).normal(size=64)
    here = np.stack([where, np.resize(noises, 64)], axis=1)
    obs = {"position": np.stack([0 * here, here], axis=1)}
    truth = np.sqrt(np.mean(np.square(noises)))
    # 64 x 15 free draws of 8 numbers: a standard error of at most 1.2 %.
    assert spread(Deciding(), obs, cpu) == pytest.approx(truth, rel=0.05)

"""On a mixture the student must find every mode, and give each its weight."""

import pytest
import torch

from onehop_interfaces.acting import OneCall
from onehop_interfaces.exact import CosineVP, VarianceExploding
from onehop_interfaces.testing import SmallDenoiser, energy_distance


@pytest.mark.parametrize(
    ("weights", "horizon", "schedule"),
    [
        ((0.3, 0.7), 1, VarianceExploding(0.02, 10.0)),
        ((0.5, 0.3, 0.2), 1, CosineVP()),
        ((0.3, 0.7), 4, CosineVP()),
    ],
    ids=["two-ve", "three-vp", "chunk-vp"],
)
def test_modes_weights_and_distance(
    mixture, distil, chunks, exact, modes_of,
    weights, horizon, schedule,
):  # fmt: skip
    """Exact chunks have a distance of .00 and .99 of them at a mode."""
    teacher = mixture(weights, horizon, schedule)
    torch.manual_seed(0)
    net, score_net, fresh = (SmallDenoiser(teacher, cond_dim=1) for _ in range(3))
    rates = {"lr": 3e-3, "score_lr": 3e-3}
    sdm = distil(teacher, net, score_net, steps=1000, period=1, **rates)
    for c in (-0.5, 0.5):
        truth, again = (exact(teacher, c, seed) for seed in (0, 1))
        student, at_one_step, untrained = (
            chunks(teacher, policy, c)
            for policy in (sdm.policy, OneCall(teacher), OneCall(fresh))
        )
        shares, at_a_mode = modes_of(teacher, student, c)
        torch.testing.assert_close(shares, torch.tensor(weights), atol=0.06, rtol=0)
        assert at_a_mode > 0.5
        assert modes_of(teacher, at_one_step, c)[1] < 0.1, "it answers with the mean"

        floor = energy_distance(again, truth)
        distance = energy_distance(student, truth)
        assert abs(floor) < 0.005
        assert distance < 0.08 * energy_distance(at_one_step, truth)
        assert distance < 0.08 * energy_distance(untrained, truth)

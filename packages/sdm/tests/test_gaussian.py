"""On a Gaussian the student must have the teacher's mean and covariance."""

from typing import Any

import pytest
import torch

from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.testing import SmallDenoiser


class EpsDenoiser(SmallDenoiser):
    """The same small network, predicting eps."""

    def forward(self, x_t, t, cond):
        alpha_t, sigma_t = (level[:, None, None] for level in self.schedule(t))
        return (x_t - sigma_t * super().forward(x_t, t, cond)) / alpha_t


SDM = {"period": 5, "lr": 4e-3, "score_lr": 4e-3}
DMD = SDM | {"w": "one", "normaliser": "per_sample"}
ONEDP = {"period": 1, "lr": 2e-3, "score_lr": 4e-3}
ONEDP |= {"lam": "snr", "t_init": 65.0}


@pytest.mark.parametrize(
    ("schedule", "network", "steps", "options", "tolerance"),
    [
        pytest.param(CosineVP(), SmallDenoiser, 1500, SDM, 0.05, id="sdm-vp"),
        pytest.param(
            VarianceExploding(0.02, 10.0), SmallDenoiser, 1500, SDM, 0.05, id="sdm-ve"
        ),
        pytest.param(CosineVP(), SmallDenoiser, 1500, DMD, 0.1, id="per-sample-vp"),
        pytest.param(DiscreteVP(), EpsDenoiser, 800, ONEDP, 0.05, id="onedp-eps-table"),
    ],
)
def test_mean_and_covariance(
    gaussian, distil, chunks, schedule, network, steps, options, tolerance
):
    teacher = gaussian(schedule)
    torch.manual_seed(0)
    nets = (network(teacher, cond_dim=1) for _ in range(2))
    sdm = distil(teacher, *nets, steps=steps, **options)
    for c in (-0.5, 0.5):
        x = chunks(teacher, sdm.policy, c)
        mean, cov = torch.tensor([1 + c, 2 - c]), [[0.16, 0.12], [0.12, 0.25]]
        torch.testing.assert_close(x.mean(0), mean, atol=0.05, rtol=0)
        torch.testing.assert_close(
            torch.cov(x.T), torch.tensor(cov), atol=tolerance, rtol=0
        )


def test_expected_failures(gaussian, distil, chunks):
    """Small times alone do not carry the mean; a lagging score net drives it off."""
    teacher = gaussian(CosineVP())

    def error(**options: Any) -> float:
        torch.manual_seed(0)
        nets = (SmallDenoiser(teacher, cond_dim=1) for _ in range(2))
        rates = {"period": 1, "lr": 2e-3, "score_lr": 2e-3}
        sdm = distil(teacher, *nets, steps=400, **(rates | options))
        return float((chunks(teacher, sdm.policy, 0.5).mean(0) - 1.5).abs().max())

    assert error() < 0.1
    assert error(w="one", normaliser="batch_wide") > 0.3
    assert error(score_lr=0.0) > 1

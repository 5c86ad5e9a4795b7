"""A cooled Gaussian is as narrow as it should be."""

import pytest
import torch

from onehop_interfaces import Signature
from onehop_interfaces.testing import check_policy
from onehop_selectors import Tempered


class Gaussian:
    """A plan of one action, N(3, .5^2)."""

    signature = Signature({"state": (1,)}, 1, 1, 1, action_dim=1)
    nfe, noise = 2, (1, 1)

    def act(self, obs, noise):
        return 3 + 0.5 * noise


@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0])
def test_the_spread_is_as_said(tau):
    policy = Tempered(Gaussian(), tau)
    check_policy(policy, {"state": torch.zeros(3, 1, 1)})
    noise = torch.randn(4_000, 1, 1, generator=torch.Generator().manual_seed(0))
    plans = policy.act({"state": torch.zeros(4_000, 1, 1)}, noise)
    assert float(plans.std()) == pytest.approx(0.5 * tau, abs=0.01)
    assert float(plans.mean()) == pytest.approx(3.0, abs=0.03)
    assert (policy.nfe, policy.noise) == (2, (1, 1))

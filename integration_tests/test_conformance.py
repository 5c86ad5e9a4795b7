"""Every method through the conformance kit, on a network that knows a mixture."""

import pytest
import torch

from onehop_interfaces import Batch, minimise
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
)
from onehop_interfaces.testing import SmallDenoiser, check_distiller, check_policy
from onehop_methods import METHODS

EVERY_UPDATE = {"sdm": {"period": 1}}
"""SDM's student moves on every fifth update only, by default."""

SCHEDULES = {"table": DiscreteVP(), "VP": CosineVP(), "VE": VarianceExploding()}


def mixture(schedule) -> MixtureTeacher:
    """Chunks of 2 x 2 numbers in two modes that the condition moves."""
    means = torch.tensor([[-1.0, 0.0, -1.0, 0.5], [1.0, 0.0, 1.0, 0.5]])
    covs = 0.04 * torch.eye(4).expand(2, 4, 4)
    maps = torch.full((2, 4, 1), 0.3)
    weights = torch.tensor([0.3, 0.7])
    return MixtureTeacher(
        weights, means, maps, covs, horizon=2, schedule=schedule, scale=2.0
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_a_distiller_of_any_teacher(method, schedule):
    exact = mixture(SCHEDULES[schedule])
    torch.manual_seed(0)
    teacher = SmallDenoiser(exact, cond_dim=1, width=16)
    cond = torch.linspace(-1, 1, 8)[:, None]
    actions = 2.0 * exact.sample(cond, torch.Generator().manual_seed(0))
    batch = Batch({"state": cond[:, None]}, actions)

    def make():
        return (
            METHODS[method]
            .recipe(**EVERY_UPDATE.get(method, {}))
            .distiller(
                teacher,
                steps=10,
                generator=torch.Generator().manual_seed(0),
                minimise=minimise,
            )
        )

    check_distiller(make, batch, frozen=teacher)
    check_policy(make().policy, batch.obs)

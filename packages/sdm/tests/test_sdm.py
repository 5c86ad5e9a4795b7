import copy

import pytest
import torch

from onehop_interfaces import Batch
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_policy,
    random_obs,
)
from onehop_sdm import SDM, Student, batch_wide, off, per_sample

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)


@by_name
@pytest.mark.parametrize("normaliser", [off, per_sample, batch_wide])
@pytest.mark.parametrize("period", [1, 2])
def test_conforms(mixture, schedule, normaliser, period):
    teacher = mixture(schedule=schedule)
    torch.manual_seed(0)
    net, score_net = (SmallDenoiser(teacher, cond_dim=1) for _ in range(2))

    def make() -> SDM:
        return SDM(
            teacher,
            Student(copy.deepcopy(net)),
            copy.deepcopy(score_net),
            generator=torch.Generator().manual_seed(0),
            period=period,
            normaliser=normaliser,
        )

    obs = random_obs(teacher.signature, 16)
    check_policy(make().policy, obs)
    check_distiller(make, Batch(obs, torch.empty(16, 1, 2)), frozen=teacher)

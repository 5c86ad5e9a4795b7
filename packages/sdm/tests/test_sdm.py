import copy

import pytest
import torch
from torch import nn

from onehop_interfaces import Batch
from onehop_interfaces.acting import OneCall
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_policy,
    random_obs,
    same_state,
)
from onehop_sdm import SDM, SDMRecipe

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)


@by_name
@pytest.mark.parametrize("normaliser", ["off", "per_sample", "batch_wide"])
@pytest.mark.parametrize("period", [1, 2])
def test_conforms(mixture, schedule, normaliser, period):
    teacher = mixture(schedule=schedule)
    torch.manual_seed(0)
    net, score_net = (SmallDenoiser(teacher, cond_dim=1) for _ in range(2))

    def make() -> SDM:
        settings = SDMRecipe(period=period, normaliser=normaliser)
        run = Run(9, torch.Generator().manual_seed(0))
        student = OneCall(copy.deepcopy(net))
        return SDM(teacher, settings, run, student, copy.deepcopy(score_net))

    obs = random_obs(teacher.signature, 16)
    check_policy(make().policy, obs)
    check_distiller(make, Batch(obs, torch.empty(16, 1, 2)), frozen=teacher)


def parts(sdm: SDM) -> list[dict]:
    modules = (sdm.student, sdm.average.module, sdm.score_net)
    return [copy.deepcopy(module.state_dict()) for module in modules]


def test_the_generator_takes_every_third_turn(mixture):
    teacher = mixture()
    nets = [SmallDenoiser(teacher, cond_dim=1) for _ in range(2)]
    sdm = SDM(teacher, SDMRecipe(period=3), Run(9), OneCall(nets[0]), nets[1])
    batch = Batch(random_obs(teacher.signature, 8), torch.empty(8, 1, 2))
    moved = []
    for _ in range(6):
        before = parts(sdm)
        sdm.update(batch)
        moved.append(
            [not same_state(a, b) for a, b in zip(before, parts(sdm), strict=True)]
        )
    idle, turn = [False, False, True], [True, True, True]
    assert moved == [idle, idle, turn] * 2


class WithEncoder(SmallDenoiser):
    """A teacher whose observation encoder has weights."""

    def __init__(self, like) -> None:
        super().__init__(like, cond_dim=3)
        self.encoder = nn.Linear(1, 3)

    def encode(self, obs):
        return self.encoder(obs["state"][:, -1])


@pytest.mark.parametrize("train_encoder", [False, True])
def test_gradients_reach_what_learns_and_nothing_else(mixture, train_encoder):
    teacher = WithEncoder(mixture())
    sdm = SDM(teacher, SDMRecipe(period=1, train_encoder=train_encoder), Run(9))
    sdm.update(Batch(random_obs(teacher.signature, 8), torch.empty(8, 1, 2)))
    with_gradient = {
        "teacher": {n for n, p in teacher.named_parameters() if p.grad is not None},
        "G": {n for n, p in sdm.student.net.named_parameters() if p.grad is not None},
        "D": {n for n, p in sdm.score_net.named_parameters() if p.grad is not None},
    }
    every = {name for name, _ in teacher.named_parameters()}
    network = {name for name in every if name.startswith("layers")}
    expected = every if train_encoder else network
    assert with_gradient == {"teacher": set(), "G": expected, "D": network}

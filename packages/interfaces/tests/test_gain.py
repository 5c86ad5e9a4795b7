import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Schedule
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    VarianceExploding,
    gaussian_teacher,
)
from onehop_interfaces.gain import answers_x, gain, time_within
from onehop_interfaces.testing import SmallDenoiser

SCHEDULES = [DiscreteVP(), CosineVP(), VarianceExploding()]


class EpsDenoiser(SmallDenoiser):
    """Its network predicts eps; its chunks are clipped if `clip` says so."""

    clip: float | None = None

    def unclipped(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        alpha, sigma = (level[:, None, None] for level in self.schedule(t))
        return (x_t - sigma * self.network(x_t, t, cond)) / alpha

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        x = self.unclipped(x_t, t, cond)
        return x if self.clip is None else x.clamp(-self.clip, self.clip)


def small(kind: type[SmallDenoiser], schedule: Schedule) -> nn.Module:
    torch.manual_seed(0)
    like = gaussian_teacher(
        torch.zeros(4), torch.ones(4, 1), torch.eye(4), horizon=2, schedule=schedule
    )
    return kind(like, cond_dim=1, width=8)


def ratio(schedule: Schedule, t: float) -> float:
    alpha, sigma = schedule(torch.tensor([t], dtype=torch.float64))
    return float(sigma / alpha)


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_gain_of_eps_is_the_noise_to_signal_ratio(schedule, clip):
    teacher = small(EpsDenoiser, schedule)
    teacher.clip = clip
    for u in (0.1, 0.6, 1.0):
        t = float(schedule.domain.at(torch.tensor(u)))
        assert gain(teacher, t) == pytest.approx(ratio(schedule, t), rel=1e-3)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_gain_of_x_is_one_and_the_noisiest_time_will_do(schedule):
    teacher = small(SmallDenoiser, schedule)
    t_max = schedule.domain.t_max
    assert gain(teacher, t_max) == pytest.approx(1.0, rel=1e-6)
    assert time_within(teacher) == t_max


@pytest.mark.parametrize("most", [2.0, 10.0])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_time_within_is_the_noisiest(schedule, most):
    t = time_within(small(EpsDenoiser, schedule), most)
    domain = schedule.domain
    step = 1.0 if domain.steps else 1e-3 * (domain.t_max - domain.t_min)
    assert ratio(schedule, t) <= 1.001 * most
    assert t == domain.t_max or ratio(schedule, t + step) > most


class VDenoiser(SmallDenoiser):
    """Its network predicts v = alpha eps - sigma x."""

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        alpha, sigma = (level[:, None, None] for level in self.schedule(t))
        return alpha * x_t - sigma * self.network(x_t, t, cond)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(SmallDenoiser, True), (EpsDenoiser, False), (VDenoiser, False)],
)
def test_only_a_network_of_x_answers_it(kind, expected):
    assert answers_x(small(kind, CosineVP()), CosineVP().domain.t_max) is expected

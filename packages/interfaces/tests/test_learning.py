import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from onehop_interfaces import Batch, minimise
from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.learning import (
    StudentTraining,
    averaged,
    constant,
    half_cosine,
    load_states,
    states,
)
from onehop_interfaces.testing import SmallDenoiser, check_distiller, random_obs

LR = 0.1


class Acting(nn.Module):
    """A policy that calls a network once."""

    def __init__(self, net) -> None:
        super().__init__()
        self.net, self.signature = net, net.signature

    @torch.inference_mode()
    def forward(self, obs, generator=None):
        cond = self.net.encode(obs)
        z = torch.randn(len(cond), 1, 2, generator=generator)
        return self.net(z, torch.ones(len(cond)), cond)


class Regression(StudentTraining[Acting]):
    """Fit the batch's actions from noise, in two steps an update."""

    def __init__(self, student, **how) -> None:
        optimizer = torch.optim.SGD(student.parameters(), LR)
        how = {"minimise": minimise, **how}
        super().__init__(student, optimizer, averaged(student, 0.9), **how)

    def update(self, batch):
        net = self.student.net
        for _ in range(2):
            z = torch.randn(batch.actions.shape, generator=self.generator)
            x = net(z, torch.ones(len(z)), net.encode(batch.obs))
            loss = (x - batch.actions).square().mean()
            self.descend(loss)
        self.end_update()
        return {"loss": loss.item()}


@pytest.fixture
def student() -> Acting:
    torch.manual_seed(0)
    exact = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))
    return Acting(SmallDenoiser(exact, cond_dim=1, width=8))


@pytest.fixture
def batch(student) -> Batch:
    return Batch(random_obs(student.signature, 8), torch.ones(8, 1, 2))


@pytest.mark.parametrize("rising", [False, True])
def test_the_average_is_its_closed_form(rising):
    """avg_n = sum_i w_i (1 - d_i) prod_(j > i) d_j, with d_0 = 0."""
    net = nn.Linear(1, 1, bias=False).double()
    average = averaged(net, 0.9, rising=rising)
    w = [3.0, -1.0, 4.0, 1.0, -5.0]
    for value in w:
        nn.init.constant_(net.weight, value)
        average.update_parameters(net)
    d = [min(0.9, (1 + n) / (10 + n)) if rising else 0.9 for n in range(len(w))]
    shares = [(1 - d[i] * (i > 0)) * math.prod(d[i + 1 :]) for i in range(len(w))]
    assert sum(shares) == pytest.approx(1)
    expected = sum(share * value for share, value in zip(shares, w, strict=True))
    assert float(average.module.weight.detach()) == pytest.approx(expected, rel=1e-12)


def test_the_state_holds_what_a_resumed_run_needs(student, batch):
    def make() -> Regression:
        torch.manual_seed(0)
        net = SmallDenoiser(student.net, cond_dim=1, width=8)
        draw = torch.Generator().manual_seed(1)
        return Regression(Acting(net), generator=draw, steps=9, course=half_cosine)

    check_distiller(make, batch)


@pytest.mark.parametrize("course", [constant, half_cosine])
def test_the_rate_stays_within_an_update_and_follows_the_course(student, batch, course):
    rates = []

    def note(loss, optimizer):
        rates.append(optimizer.param_groups[0]["lr"])
        minimise(loss, optimizer)

    how = {"minimise": note, "steps": 4, "course": course}
    training = Regression(student, generator=torch.Generator(), **how)
    for _ in range(6):
        training.update(batch)
    falling = [1, 0.5 + 8**-0.5, 0.5, 0.5 - 8**-0.5, 0, 0]
    shares = falling if course is half_cosine else 6 * [1]
    assert rates == pytest.approx([LR * c for c in shares for _ in range(2)], abs=1e-15)
    assert (training.updates, training.progress) == (6, 1.0)


def test_parts_go_on_where_they_were(student):
    other = torch.Generator().manual_seed(3)
    parts = {"net": nn.Linear(1, 1), "draw": other}
    saved = states(parts)
    ahead = torch.rand(3, generator=other)
    load_states(parts, saved)
    assert_close(torch.rand(3, generator=other), ahead, rtol=0, atol=0)

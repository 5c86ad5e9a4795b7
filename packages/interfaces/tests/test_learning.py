import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from onehop_interfaces import Batch, minimise
from onehop_interfaces.drawing import standard_normal
from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.learning import (
    StudentTraining,
    averaged,
    constant,
    half_cosine,
    last_tenth,
    load_states,
    over_last,
    rising,
    states,
    steady,
)
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    random_obs,
    same_state,
)

LR = 0.1


class Acting(nn.Module):
    """A policy that calls a network once."""

    def __init__(self, net) -> None:
        super().__init__()
        self.net, self.signature = net, net.signature

    @torch.inference_mode()
    def forward(self, obs, generator=None):
        cond = self.net.encode(obs)
        z = standard_normal(cond.new_empty(len(cond), 1, 2), generator)
        return self.net(z, torch.ones(len(cond)), cond)


class Regression(StudentTraining[Acting]):
    """Fit the batch's actions from noise, in two steps an update."""

    def __init__(self, student, **how) -> None:
        optimizer = torch.optim.SGD(student.parameters(), LR)
        how = {"minimise": minimise, **how}
        super().__init__(student, optimizer, **how)

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


def average_of(w, decay) -> float:
    """What the average of a weight that takes these values comes to."""
    net = nn.Linear(1, 1, bias=False).double()
    average = averaged(net, decay)
    for value in w:
        nn.init.constant_(net.weight, value)
        average.update_parameters(net)
    return float(average.module.weight.detach())


DECAYS = {
    "steady": (steady(0.9), lambda k: 0.9),
    "rising": (rising(0.9), lambda k: min(0.9, (1 + (k - 1)) / (10 + (k - 1)))),
    "last tenth": (last_tenth, lambda k: ((k - 1) / k) ** 19),
}


@pytest.mark.parametrize("decay", DECAYS)
def test_the_average_is_its_closed_form(decay):
    """avg_n = sum_i w_i (1 - d_i) prod_(j > i) d_j, with d_1 = 0."""
    ours, formula = DECAYS[decay]
    w = [3.0, -1.0, 4.0, 1.0, -5.0]
    d = [0.0, *(formula(k) for k in range(2, len(w) + 1))]
    shares = [(1 - d[i]) * math.prod(d[i + 1 :]) for i in range(len(w))]
    assert sum(shares) == pytest.approx(1)
    expected = sum(share * value for share, value in zip(shares, w, strict=True))
    assert average_of(w, ours) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_averaged_weights_are_as_old_as_a_mean_over_the_last_share(share):
    """Weights that are their own step's number average to N (1 - share / 2)."""
    steps = 1000
    age = steps - average_of(range(1, steps + 1), over_last(share))
    assert age == pytest.approx(share * steps / 2, rel=0.05)


@pytest.mark.parametrize("steps", [1, 10, 100])
def test_nothing_is_left_of_where_a_student_started(steps):
    most = 1e6 / (steps + 1) ** 18
    assert average_of([1e6] + steps * [1.0], last_tenth) == pytest.approx(1, abs=most)


def test_the_policy_is_the_average_and_not_the_student(student, batch):
    training = Regression(student, generator=torch.Generator())
    weights = [p.detach().clone() for p in student.parameters()]
    seen = []
    for _ in range(3):
        training.update(batch)
        seen.append(training.policy.net.layers[0].weight.detach().clone())
    assert training.policy is not training.student
    assert not torch.equal(seen[-1], student.net.layers[0].weight)
    assert not torch.equal(seen[-1], weights[0])


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


def test_the_averaged_weights_act(student, batch):
    training = Regression(student, generator=torch.Generator())
    for _ in range(3):
        training.update(batch)
    acting = training.policy.state_dict()
    assert same_state(acting, training.average.module.state_dict())
    assert not same_state(acting, student.state_dict())


def test_parts_go_on_where_they_were(student):
    other = torch.Generator().manual_seed(3)
    parts = {"net": nn.Linear(1, 1), "draw": other}
    saved = states(parts)
    ahead = torch.rand(3, generator=other)
    load_states(parts, saved)
    assert_close(torch.rand(3, generator=other), ahead, rtol=0, atol=0)

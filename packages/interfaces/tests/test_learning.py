import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from onehop_interfaces import Batch, minimise
from onehop_interfaces.acting import OneCall
from onehop_interfaces.averages import averaged, last_tenth, over_last, rising, steady
from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.learning import (
    Run,
    Training,
    constant,
    half_cosine,
    linear,
    load_states,
    states,
    warmed,
)
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    random_obs,
    same_state,
)

LR = 0.1


def sgd(parameters) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, LR)


class Regression(Training[OneCall]):
    """Fit the batch's actions from noise, in two steps an update."""

    def __init__(self, student, run, curve=constant, **how) -> None:
        super().__init__(student.net, student, run, **how)
        self.optimizer = self.optimise("optimizer", student.parameters(), sgd, curve)

    def update(self, batch):
        for _ in range(2):
            cond, _ = self.conds(batch.obs)
            x = self.student.generate(self.noise(cond), cond)
            loss = (x - batch.actions).square().mean()
            self.descend(loss)
        return self.end_update(loss=loss)


@pytest.fixture
def student() -> OneCall:
    torch.manual_seed(0)
    exact = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))
    return OneCall(SmallDenoiser(exact, cond_dim=1, width=8))


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
    training = Regression(student, Run(9))
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
        run = Run(9, torch.Generator().manual_seed(1))
        return Regression(OneCall(net), run, half_cosine)

    check_distiller(make, batch)


FALLING = [1, 0.5 + 8**-0.5, 0.5, 0.5 - 8**-0.5, 0, 0]
CURVES = {
    "constant": (constant, 6 * [1]),
    "linear": (linear, [1, 0.75, 0.5, 0.25, 0, 0]),
    "half cosine": (half_cosine, FALLING),
    "warmed": (warmed(2, linear), [0.5, 1, 1, 0.5, 0, 0]),
    "warmed too long": (warmed(8, linear), [0.25, 0.5, 0.75, 1, 1, 0]),
}


@pytest.mark.parametrize("name", CURVES)
def test_the_rate_stays_within_an_update_and_follows_the_curve(student, batch, name):
    rates = []

    def note(loss, optimizer):
        rates.append(optimizer.param_groups[0]["lr"])
        minimise(loss, optimizer)

    curve, shares = CURVES[name]
    training = Regression(student, Run(4, minimise=note), curve)
    for _ in range(6):
        training.update(batch)
    assert rates == pytest.approx([LR * c for c in shares for _ in range(2)], abs=1e-15)
    assert (training.updates, training.progress) == (6, 1.0)


def test_the_encoder_learns_only_if_asked_to(batch):
    exact = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))

    class Seeing(SmallDenoiser):
        def __init__(self) -> None:
            super().__init__(exact, cond_dim=1, width=8)
            self.spaces = nn.Linear(1, 1)

        def encode(self, obs):
            return self.spaces(obs["state"][:, -1])

    for learns in (False, True):
        torch.manual_seed(0)
        student = OneCall(Seeing())
        training = Regression(student, Run(9), train_encoder=learns)
        before = student.net.spaces.weight.detach().clone()
        cond, teacher_cond = training.conds(batch.obs)
        assert (cond is teacher_cond) is not learns
        training.update(batch)
        assert torch.equal(student.net.spaces.weight, before) is not learns


def test_the_averaged_weights_act(student, batch):
    training = Regression(student, Run(9))
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

"""Deciding, and students that are one call of a network."""

import numpy as np
import pytest
import torch
from torch import nn

from onehop_interfaces import BadInput, Signature
from onehop_interfaces.acting import OneCall, decide, raw_as_x, x_at_t
from onehop_interfaces.drawing import spread
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    VarianceExploding,
    gaussian_teacher,
)
from onehop_interfaces.history import History
from onehop_interfaces.testing import SmallDenoiser, check_policy, random_obs


@pytest.fixture
def net() -> SmallDenoiser:
    """A network, untrained, whose actions are three times its chunks."""
    torch.manual_seed(0)
    exact = gaussian_teacher(torch.zeros(4), torch.ones(4, 1), torch.eye(4), horizon=2)
    exact.scale = 3.0
    return SmallDenoiser(exact, cond_dim=1)


class Echo:
    """Gives its noise, flat, as a plan."""

    nfe = 1

    def __init__(self, *noise: int) -> None:
        self.noise = noise
        self.signature = Signature({"state": (1,)}, 1, int(np.prod(noise)), 1, 1)

    def act(self, obs, noise):
        return noise.flatten(1)[..., None]


@pytest.mark.parametrize("noise", [(5,), (2, 3)])
def test_noise_is_one_draw_for_all_rows(noise):
    plan = decide(Echo(*noise), {"state": torch.zeros(4, 1, 1)}, torch.manual_seed(7))
    torch.manual_seed(7)
    assert torch.equal(plan, torch.randn(4, *noise).flatten(1)[..., None])


def test_several_chunks_of_noise_are_drawn_one_after_another():
    one, three = (
        decide(
            Echo(*noise),
            {"state": torch.zeros(4, 1, 1)},
            [torch.Generator().manual_seed(row) for row in range(4)],
        )
        for noise in ((7, 3), (3, 7, 3))
    )
    assert torch.equal(three[:, :21], one)
    assert not torch.isclose(three[:, 21:42], one).any()


def test_what_does_not_fit_is_refused(net):
    with pytest.raises(BadInput, match="expected"):
        decide(OneCall(net), {"state": torch.zeros(4, 2, 1)})


@pytest.mark.parametrize("head", [raw_as_x, x_at_t])
def test_one_call_is_a_policy(net, head):
    student, obs = OneCall(net, head=head, t_init=0.7), random_obs(net.signature, 5)
    check_policy(student, obs)
    z, t = torch.randn(5, 2, 2), torch.full((5,), 0.7)
    x = net(z, t, obs["state"][:, -1])
    torch.testing.assert_close(student.act(obs, z), 3 * x)
    draw = torch.Generator().manual_seed(1)
    again = student(obs, torch.Generator().manual_seed(1))
    assert torch.equal(decide(student, obs, draw), again), "called, it decides"


def test_a_temperature_scales_the_noise(net):
    obs, z = random_obs(net.signature, 5), torch.randn(5, 2, 2)
    halved = OneCall(net, temperature=0.5).act(obs, z)
    torch.testing.assert_close(halved, OneCall(net).act(obs, 0.5 * z))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_plans_have_the_network_s_precision(net, dtype):
    plan = decide(OneCall(net.to(dtype)), random_obs(net.signature, 2))
    assert plan.dtype is dtype


def test_it_can_be_exported_with_any_number_of_rows(net):
    student, batch = OneCall(net).eval(), torch.export.Dim("batch")
    obs = random_obs(net.signature, 2)
    program = torch.export.export(
        Act(student),
        (obs, torch.randn(2, 2, 2)),
        dynamic_shapes=({"state": {0: batch}}, {0: batch}),
    )
    obs, z = random_obs(net.signature, 7, seed=1), torch.randn(7, 2, 2)
    torch.testing.assert_close(program.module()(obs, z), student.act(obs, z))


class Act(nn.Module):
    def __init__(self, policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, obs, noise):
        return self.policy.act(obs, noise)


def test_config_rebuilds_the_student(net):
    student = OneCall(net, head=raw_as_x, t_init=0.65, temperature=0.0)
    rebuilt = OneCall.from_config(net, student.config())
    assert rebuilt.config() == student.config()
    assert rebuilt.head is raw_as_x


SOUND = {"head": "x_at_t", "t_init": 0.5, "temperature": 1.0}


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({}, r"student config: expected \['head', 't_init', 'temperature'\], got \[\]"),
        (3, "student config: expected .*, got 3"),
        (SOUND | {"t_init": "T"}, "expected a number"),
        (SOUND | {"t_init": 1.5}, "expected 0.01 to 0.999"),
        (SOUND | {"head": "os.system"}, "got 'os.system'"),
        (SOUND | {"head": ["x_at_t"]}, "student head:"),
        (SOUND | {"temperature": None}, "student temperature"),
    ],
)
def test_foreign_configs_are_refused(net, config, line):
    with pytest.raises(BadInput, match=line):
        OneCall.from_config(net, config)


@pytest.mark.parametrize("u", [0.3, 1.0])
@pytest.mark.parametrize("schedule", [CosineVP(), DiscreteVP(), VarianceExploding()])
def test_spread_is_that_of_noisy_chunks_of_unit_variance(schedule, u):
    t = schedule.domain.at(torch.tensor([u]))
    alpha_t, sigma_t = schedule(t)
    x, eps = torch.randn(2, 100_000, generator=torch.Generator().manual_seed(0))
    x_t = alpha_t * x + sigma_t * eps
    assert spread(schedule, float(t)) == pytest.approx(float(x_t.std()), rel=0.01)
    assert spread(schedule) == spread(schedule, schedule.domain.t_max)


def test_before_there_are_enough_frames_the_first_stands_for_them():
    history, windows = History(3), []
    for i in range(4):
        history.push({"state": np.full(2, i, np.uint8)})
        windows.append(history.window)
    seen = [window["state"][:, 0].tolist() for window in windows]
    assert seen == [[0, 0, 0], [0, 0, 1], [0, 1, 2], [1, 2, 3]]
    assert windows[0]["state"].dtype == np.uint8


def test_frames_that_no_window_has_are_not_asked():
    class Frame(dict):
        def __getitem__(self, name):
            asked.append(super().__getitem__(name))
            return asked[-1]

    asked, history = [], History(2)
    for i in range(5):
        history.push(Frame(state=i))
    assert history.window["state"].tolist() == asked == [3, 4]


def test_of_planned_states_and_actions_the_actions_are_due():
    signature = Signature({"state": (2,)}, 1, 4, 2, 1, now=1, state_dim=2)
    plan = torch.arange(12.0).view(1, 4, 3)
    assert signature.chunk == (4, 3)
    assert signature.due(plan).tolist() == [[[5.0], [8.0]]]
    assert Signature.from_json(signature.to_json()) == signature


def test_the_first_input_has_the_spread_of_the_noisy_marginal():
    exact = gaussian_teacher(
        torch.zeros(2), torch.ones(2, 1), torch.eye(2), schedule=VarianceExploding()
    )
    seen = []
    net = SmallDenoiser(exact, cond_dim=1)
    net.register_forward_hook(lambda _, args, __: seen.append(args[0]))
    z = torch.randn(5, 1, 2)
    OneCall(net).generate(z, torch.zeros(5, 1))
    torch.testing.assert_close(seen[0], spread(exact.schedule) * z)

import copy

import pytest
import torch
from torch import nn

from onehop_flowdistill import (
    MeanFlowRecipe,
    OneFlowRecipe,
    Student,
    as_slopes,
    flow_level,
    raw_as_velocity,
    to_flow,
)
from onehop_interfaces import BadInput, Batch
from onehop_interfaces.acting import decide, x_at_t
from onehop_interfaces.exact import DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run, constant
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_export,
    check_policy,
    random_obs,
)


class EpsNet(nn.Module):
    """A teacher whose network predicts eps: network = eps, denoiser = x."""

    def __init__(self, like) -> None:
        super().__init__()
        self.like, self.schedule, self.signature = like, like.schedule, like.signature
        self.encode, self.denormalise = like.encode, like.denormalise
        self.gain = nn.Parameter(torch.ones(()))

    def network(self, x_t, t, cond):
        alpha_t, sigma_t = (level[:, None, None] for level in self.schedule(t))
        return self.gain * (x_t - alpha_t * self.like(x_t, t, cond)) / sigma_t

    def forward(self, x_t, t, cond):
        alpha_t, sigma_t = (level[:, None, None] for level in self.schedule(t))
        return (x_t - sigma_t * self.network(x_t, t, cond)) / alpha_t


@pytest.mark.parametrize("nfe", [1, 2, 4])
@pytest.mark.parametrize("head", [x_at_t, raw_as_velocity])
def test_conforms(mixture, schedule, head, nfe):
    teacher = mixture(schedule)
    student = Student(SmallDenoiser(teacher, cond_dim=1), head=head, nfe=nfe)
    assert student.nfe == nfe
    check_policy(student, random_obs(teacher.signature, 8))


@pytest.mark.parametrize("nfe", [1, 2, 4])
def test_a_perfect_student_keeps_the_distribution(gaussian, exact_ends, schedule, nfe):
    teacher = gaussian(schedule)
    student = Student(exact_ends(teacher), nfe=nfe)
    obs = {"state": torch.full((40_000, 1, 1), 0.4)}
    plan = decide(student, obs, torch.Generator().manual_seed(0))
    x = plan[:, 0] / teacher.scale
    mean = teacher.component_means(torch.tensor([[0.4]]))[0, 0]
    cov = torch.tensor([[0.3, 0.2], [0.2, 0.4]])
    # z is centred where the noisiest x_t is not quite: .016 at sigma = 40.
    torch.testing.assert_close(x.mean(0), mean, atol=0.03, rtol=0)
    torch.testing.assert_close(x.T.cov(), cov, atol=0.015, rtol=0)


def test_each_decision_calls_the_network_nfe_times(mixture):
    calls = []
    net = SmallDenoiser(mixture(), cond_dim=1)
    net.register_forward_hook(lambda *_: calls.append(1))
    student = Student(net)
    for nfe in (1, 2, 4):
        calls.clear()
        decide(student.with_nfe(nfe), {"state": torch.zeros(3, 1, 1)})
        assert len(calls) == nfe
    assert student.with_nfe(4).net is net, "one set of weights"


def test_heads_of_an_eps_network(mixture):
    teacher = mixture(DiscreteVP())
    net, cond = EpsNet(teacher), torch.randn(4, 1)
    x_t, t = torch.randn(4, 1, 2), torch.tensor([5.0, 30.0, 65.0, 99.0])
    levels = net.schedule(t)
    s = flow_level(*levels)[:, None, None]
    end = Student(net, head=raw_as_velocity).end(x_t, t, cond)
    # x~ = (1 - s) x + s eps, so that x~ - s eps is (1 - s) x.
    x = (1 - s) * teacher(x_t, t, cond)
    torch.testing.assert_close(end, x, rtol=1e-4, atol=1e-5)
    u = (to_flow(x_t, *levels) - end) / s
    torch.testing.assert_close(u, net.network(x_t, t, cond), rtol=1e-3, atol=1e-4)
    denoised = Student(net, head=x_at_t).end(x_t[:3], t[:3], cond[:3])
    torch.testing.assert_close(
        denoised, teacher(x_t[:3], t[:3], cond[:3]), rtol=1e-3, atol=1e-3
    )


def test_an_error_of_an_eps_network_is_not_magnified(mixture):
    """At the end of DDPM's table x = (x_t - sigma eps) / alpha magnifies it by 64."""
    net, cond = EpsNet(mixture(DiscreteVP())), torch.zeros(4, 1)
    x_t, t = torch.randn(4, 1, 2), torch.full((4,), 99.0)

    def moved(head) -> float:
        student = Student(net, head=head)
        with torch.no_grad():
            net.gain.fill_(1.0)
            before = student.end(x_t, t, cond)
            net.gain.fill_(1.01)
            after = student.end(x_t, t, cond)
        return float((after - before).abs().max())

    assert moved(raw_as_velocity) < 0.05
    assert moved(x_at_t) > 0.5


def test_the_first_input_has_the_spread_of_the_noisy_marginal(mixture):
    assert Student(EpsNet(mixture())).scale == pytest.approx(1.0)
    exploding = Student(EpsNet(mixture(VarianceExploding(0.02, 20.0))))
    assert exploding.scale == pytest.approx(401**0.5)


def test_config_rebuilds_the_student(mixture):
    net = EpsNet(mixture())
    student = Student(net, head=raw_as_velocity, nfe=2)
    rebuilt = Student.from_config(net, student.config())
    assert rebuilt.config() == {"head": "raw_as_velocity", "nfe": 2}
    assert rebuilt.head is raw_as_velocity


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"nfe": 1}, r"student config: expected \['head', 'nfe'\]"),
        ({"head": "os.system", "nfe": 1}, "got 'os.system'"),
        ({"head": "x_at_t", "nfe": 0}, "nfe: expected a whole number from 1"),
        ({"head": "x_at_t", "nfe": 10**9}, "nfe: expected a whole number from 1 to"),
        ({"head": "x_at_t", "nfe": True}, "nfe: expected a whole number from 1 to"),
    ],
)
def test_foreign_configs_are_refused(mixture, config, line):
    with pytest.raises(BadInput, match=line):
        Student.from_config(EpsNet(mixture()), config)


def test_recipes_carry_their_settings_over(mixture):
    teacher = EpsNet(mixture(DiscreteVP()))
    one = OneFlowRecipe(
        head="raw_as_velocity", nfe=2, teacher_steps=20, passes=3, chord=0.0,
        velocity=2.0, hold_velocity=True, action=0.5, w="as_slopes", start_share=0.2,
    ).distiller(teacher, Run(7))  # fmt: skip
    assert one.policy.config() == {"head": "raw_as_velocity", "nfe": 2}
    assert (one.teacher_steps, one.settings.passes) == (20, 3)
    assert (one.fade, one.settings.weight, one.steps) == (constant, as_slopes, 7)
    mean = MeanFlowRecipe(
        head="raw_as_velocity", nfe=4, w="as_slopes", start_share=0.1, first_share=0.3
    ).distiller(teacher, Run(7))
    assert mean.policy.config() == {"head": "raw_as_velocity", "nfe": 4}
    assert mean.settings.weight is as_slopes
    assert one.student.net is not teacher
    assert mean.student.net is not teacher


def test_paths_of_a_teacher_with_few_times_have_as_many_steps(mixture):
    teacher = SmallDenoiser(mixture(DiscreteVP(8)), cond_dim=1)
    flow = OneFlowRecipe().distiller(teacher, Run(1))
    told = flow.update(Batch(random_obs(teacher.signature, 4), torch.empty(4, 1, 2)))
    assert told["teacher_calls"] == 8


@pytest.mark.parametrize(("head", "nfe"), [(x_at_t, 1), (raw_as_velocity, 3)])
def test_an_act_can_be_exported(mixture, schedule, head, nfe):
    teacher = mixture(schedule)
    student = Student(SmallDenoiser(teacher, cond_dim=1), head=head, nfe=nfe)
    check_export(student, random_obs(teacher.signature, 7))


@pytest.mark.parametrize("recipe", [OneFlowRecipe, MeanFlowRecipe])
def test_a_cold_start_forgets_the_teacher_and_nothing_else(mixture, recipe):
    teacher = SmallDenoiser(mixture(), cond_dim=1)
    kept = copy.deepcopy(teacher.state_dict())
    before = torch.get_rng_state()

    def start(cold: bool) -> torch.Tensor:
        run = Run(1, torch.Generator().manual_seed(1))
        distiller = recipe(cold=cold).distiller(teacher, run)
        return distiller.student.net.layers[0].weight

    assert torch.equal(start(cold=False), teacher.layers[0].weight)
    assert not torch.equal(start(cold=True), teacher.layers[0].weight)
    assert torch.equal(start(cold=True), start(cold=True))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(kept["layers.0.weight"], teacher.layers[0].weight)

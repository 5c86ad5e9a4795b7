import copy

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Batch, noisy
from onehop_interfaces.acting import OneCall, decide, raw_as_x, x_at_t
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
    gaussian_teacher,
)
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_policy,
    random_obs,
)
from onehop_sds import (
    SDS,
    SDSRecipe,
    sds_gradient,
    sds_loss,
    sigma_over_alpha,
    sigma_squared,
)

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)


def two_modes(schedule=None) -> MixtureTeacher:
    """Modes at c + (-1, 0) and c + (1, 0), weights .3 and .7, spread .15."""
    return MixtureTeacher(
        torch.tensor([0.3, 0.7]),
        torch.tensor([[-1.0, 0.0], [1.0, 0.0]]),
        torch.eye(2).expand(2, 2, 2),
        0.15**2 * torch.eye(2).expand(2, 2, 2),
        schedule=schedule,
        scale=2.0,
    )


def gaussian(schedule=None) -> MixtureTeacher:
    """N((c, -c) + (1, 2), diag(.04, .25))."""
    return gaussian_teacher(
        torch.tensor([1.0, 2.0]),
        torch.tensor([[1.0], [-1.0]]),
        torch.diag(torch.tensor([0.04, 0.25])),
        schedule=schedule,
    )


def antithetic(pairs: int) -> Tensor:
    eps = torch.randn(pairs, 1, 2, dtype=torch.float64)
    return torch.cat([eps, -eps])


@by_name
def test_expected_gradient_is_that_of_the_kl_by_finite_differences(schedule):
    teacher = two_modes(schedule).double()
    eps, u = antithetic(50), torch.tensor(0.55, dtype=torch.float64)
    t = schedule.domain.at(u).expand(len(eps))
    cond = torch.tensor([[0.2, -0.4]], dtype=torch.float64).expand(len(eps), 2)
    x = torch.tensor([[[0.5, 0.3]]], dtype=torch.float64)
    alpha_t, sigma_t = schedule(t[:1])

    def cross_entropy(x: Tensor) -> Tensor:
        return -teacher.log_prob(alpha_t * x + sigma_t * eps, t, cond).mean()

    h = 1e-5
    steps = h * torch.eye(2, dtype=torch.float64)[:, None, None]
    slopes = [(cross_entropy(x + d) - cross_entropy(x - d)) / (2 * h) for d in steps]
    expected = sigma_t**2 * sigma_t / alpha_t * torch.stack(slopes)
    grad = sds_gradient(x.expand(len(eps), 1, 2), eps, t, cond, teacher).mean(0)[0]
    torch.testing.assert_close(grad, expected, rtol=1e-6, atol=1e-8)


@by_name
def test_expected_gradient_on_the_gaussian_in_closed_form(schedule):
    teacher = gaussian(schedule).double()
    eps = antithetic(10)
    t = schedule.domain.at(torch.full((len(eps),), 0.4, dtype=torch.float64))
    cond = torch.full((len(eps), 1), 0.5, dtype=torch.float64)
    x = torch.tensor([0.7, -0.1], dtype=torch.float64)
    alpha, sigma = (level[0] for level in schedule(t))
    mu = torch.tensor([1.5, 1.5], dtype=torch.float64)
    var = torch.tensor([0.04, 0.25], dtype=torch.float64)
    expected = sigma**2 * alpha * sigma * (x - mu) / (alpha**2 * var + sigma**2)
    grad = sds_gradient(x.expand(len(eps), 1, 2), eps, t, cond, teacher)
    torch.testing.assert_close(grad.mean(0)[0], expected, rtol=1e-6, atol=1e-8)


def test_loss_carries_the_gradient_to_the_parameters():
    teacher = two_modes().double()
    net = SmallDenoiser(teacher, cond_dim=2, width=8).double()
    student = OneCall(net)
    z, eps = torch.randn(2, 6, 1, 2, dtype=torch.float64)
    t, cond = torch.rand(6).double() * 0.9 + 0.05, torch.randn(6, 2).double()
    x = student.generate(z, cond)
    loss = sds_loss(x, eps, t, cond, teacher)
    assert loss.shape == (6,)
    loss.sum().backward()
    grad = sds_gradient(x, eps, t, cond, teacher)
    weight = net.layers[0].weight
    h, by_hand = 1e-6, torch.zeros_like(weight)
    with torch.no_grad():
        for i in range(weight.numel()):
            weight.view(-1)[i] += h
            up = (grad * student.generate(z, cond)).sum()
            weight.view(-1)[i] -= 2 * h
            down = (grad * student.generate(z, cond)).sum()
            weight.view(-1)[i] += h
            by_hand.view(-1)[i] = (up - down) / (2 * h)
    torch.testing.assert_close(weight.grad, by_hand, rtol=1e-5, atol=1e-7)


def test_w_scales_the_gradient():
    teacher, (x, eps) = two_modes(), torch.randn(2, 3, 1, 2)
    t, cond = torch.tensor([0.2, 0.5, 0.8]), torch.zeros(3, 2)
    plain = sds_gradient(x, eps, t, cond, teacher, lambda alpha, sigma: sigma**0)
    paper = sds_gradient(x, eps, t, cond, teacher, sigma_squared)
    sigma_t = teacher.schedule(t)[1][:, None, None]
    torch.testing.assert_close(paper, sigma_t**2 * plain)


@by_name
def test_sigma_over_alpha_leaves_the_distance_to_the_teacher_s_chunk(schedule):
    teacher = two_modes(schedule).double()
    x, eps = torch.randn(2, 3, 1, 2, dtype=torch.float64)
    t = schedule.domain.at(torch.tensor([0.2, 0.5, 0.8], dtype=torch.float64))
    cond = torch.zeros(3, 2, dtype=torch.float64)
    grad = sds_gradient(x, eps, t, cond, teacher, sigma_over_alpha)
    x_teacher = teacher(noisy(x, eps, *schedule(t)), t, cond)
    torch.testing.assert_close(grad, x - x_teacher)


def distil(
    teacher: MixtureTeacher, steps: int = 600, temperature: float = 1.0, **settings
) -> tuple[SDS, Batch]:
    """From an untrained network, on conditions in [-1, 1]."""
    torch.manual_seed(0)
    cond_dim = teacher.maps.shape[-1]
    student = OneCall(SmallDenoiser(teacher, cond_dim), temperature=temperature)
    draw = torch.Generator().manual_seed(0)
    recipe = SDSRecipe(lr=4e-3, **settings)
    sds = SDS(teacher, recipe, Run(steps, draw), student)
    for _ in range(steps):
        state = 2 * torch.rand(128, 1, cond_dim, generator=draw) - 1
        sds.update(Batch({"state": state}, torch.empty(128, 1, 2)))
    return sds, Batch({"state": state}, torch.empty(128, 1, 2))


@by_name
def test_on_the_gaussian_it_finds_the_mean_and_loses_the_spread(schedule):
    teacher = gaussian(schedule)
    sds, _ = distil(teacher)
    state = torch.tensor([[[0.5]]]).expand(256, 1, 1)
    x = decide(sds.policy, {"state": state}, torch.Generator().manual_seed(1))[:, 0]
    torch.testing.assert_close(x.mean(0), torch.tensor([1.5, 1.5]), atol=0.1, rtol=0)
    assert x.std(0).max() < 0.1, "the truth is .2 and .5: SDS is mode seeking"


@pytest.mark.parametrize("at_a_mode", [True, False], ids=["small t", "large t"])
def test_on_the_mixture_it_ignores_z(at_a_mode):
    """Small times lead to a mode; large ones, at which modes blur, to the mean."""
    teacher = two_modes()
    t_range = (0.02, 0.3) if at_a_mode else (0.5, 0.95)
    sds, batch = distil(teacher, t_range=t_range)
    cond = teacher.encode(batch.obs)
    chunks = torch.stack(
        [
            decide(sds.policy, batch.obs, torch.Generator().manual_seed(i))
            for i in range(8)
        ]
    )
    x = teacher.normalise(chunks, batch.obs)
    exact = torch.stack([teacher.sample(cond) for _ in range(8)])
    assert x.std(0).mean() < 0.1 * exact.std(0).mean(), "one answer, whatever z"
    modes = teacher.component_means(cond)
    mean = (teacher.weights[:, None] * modes).sum(1)
    to_mode = (x[0] - modes).norm(dim=-1).amin(-1).median()
    to_mean = (x[0, :, 0] - mean).norm(dim=-1).median()
    near, far = (to_mode, to_mean) if at_a_mode else (to_mean, to_mode)
    assert near < 0.1
    assert far > 0.4, "mean and nearest mode are .6 apart"


def test_a_temperature_of_0_is_deterministic_and_learns_too():
    teacher = gaussian()
    sds, batch = distil(teacher, steps=400, temperature=0.0)
    a, b = (
        decide(sds.policy, batch.obs, torch.Generator().manual_seed(s)) for s in (0, 1)
    )
    assert torch.equal(a, b)
    torch.testing.assert_close(
        a[:, 0], teacher.component_means(teacher.encode(batch.obs))[:, 0],
        atol=0.15, rtol=0,
    )  # fmt: skip


class EpsNet(nn.Module):
    """A teacher whose network predicts eps: network = eps, denoiser = x."""

    def __init__(self, like: MixtureTeacher) -> None:
        super().__init__()
        self.like, self.schedule, self.signature = like, like.schedule, like.signature
        self.gain = nn.Parameter(torch.ones(()))
        self.encode, self.denormalise = like.encode, like.denormalise

    def network(self, x_t, t, cond):
        alpha_t, sigma_t = (level[:, None, None] for level in self.schedule(t))
        return self.gain * (x_t - alpha_t * self.like(x_t, t, cond)) / sigma_t

    def forward(self, x_t, t, cond):
        alpha_t, sigma_t = (level[:, None, None] for level in self.schedule(t))
        return (x_t - sigma_t * self.network(x_t, t, cond)) / alpha_t


def test_heads_of_an_eps_network():
    teacher = two_modes(DiscreteVP())
    net, (z, cond) = EpsNet(teacher), (torch.randn(4, 1, 2), torch.randn(4, 2))
    t = torch.full((4,), 65.0)
    raw = OneCall(net, head=raw_as_x, t_init=65.0).generate(z, cond)
    denoised = OneCall(net, head=x_at_t, t_init=65.0).generate(z, cond)
    torch.testing.assert_close(raw, net.network(z, t, cond))
    torch.testing.assert_close(denoised, teacher(z, t, cond), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(raw, denoised, atol=0.1)


def test_input_has_the_spread_of_the_noisy_marginal():
    assert OneCall(EpsNet(two_modes(CosineVP()))).scale == pytest.approx(1.0)
    exploding = OneCall(EpsNet(two_modes(VarianceExploding(0.02, 20.0))))
    assert exploding.scale == pytest.approx(401**0.5)


@pytest.mark.parametrize("head", [raw_as_x, x_at_t])
@pytest.mark.parametrize("temperature", [1.0, 0.0])
def test_conforms(head, temperature):
    teacher = two_modes()
    torch.manual_seed(0)
    net = SmallDenoiser(teacher, cond_dim=2)

    def make() -> SDS:
        student = OneCall(copy.deepcopy(net), head=head, temperature=temperature)
        run = Run(9, torch.Generator().manual_seed(0))
        return SDS(teacher, SDSRecipe(), run, student)

    obs = random_obs(teacher.signature, 16)
    check_policy(make().policy, obs)
    check_distiller(make, Batch(obs, torch.empty(16, 1, 2)), frozen=teacher)


def test_no_gradient_reaches_a_trainable_teacher():
    teacher = SmallDenoiser(two_modes(), cond_dim=2)
    sds = SDS(teacher, SDSRecipe(), Run(1))
    sds.update(Batch(random_obs(teacher.signature, 4), torch.empty(4, 1, 2)))
    assert all(p.grad is None for p in teacher.parameters())
    assert all(p.grad is not None for p in sds.student.parameters())


def test_the_learning_rate_falls_to_zero_and_stays_there():
    teacher = two_modes()
    student = OneCall(SmallDenoiser(teacher, cond_dim=2))
    sds = SDS(teacher, SDSRecipe(lr=1e-3), Run(4), student)
    batch = Batch(random_obs(teacher.signature, 4), torch.empty(4, 1, 2))
    rates = []
    for _ in range(6):
        rates.append(sds.optimizer.param_groups[0]["lr"])
        sds.update(batch)
    expected = [1e-3 * share for share in (1, 0.853553, 0.5, 0.146447, 0, 0)]
    assert rates == pytest.approx(expected, rel=1e-5, abs=1e-12)

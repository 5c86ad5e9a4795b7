import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
    gaussian_teacher,
)
from onehop_interfaces.testing import check_schedule, check_teacher, random_obs

SCHEDULES = [CosineVP(), DiscreteVP(50), VarianceExploding()]


def covariances(k: int, d: int) -> Tensor:
    root = torch.randn(k, d, d, generator=torch.Generator().manual_seed(0))
    return 0.1 * root @ root.mT + 0.2 * torch.eye(d)


def mixture(schedule=None) -> MixtureTeacher:
    draw = torch.Generator().manual_seed(1)
    return MixtureTeacher(
        torch.tensor([0.2, 0.3, 0.5]).double(),
        2 * torch.randn(3, 4, generator=draw).double(),
        torch.randn(3, 4, 2, generator=draw).double(),
        covariances(3, 4).double(),
        horizon=2,
        schedule=schedule,
        scale=3.0,
    )


def draws(batch: int) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(2)
    x_t = torch.randn(batch, 2, 2, generator=draw, dtype=torch.float64)
    return x_t, torch.randn(batch, 2, generator=draw, dtype=torch.float64)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_conforms(schedule):
    check_schedule(schedule)
    teacher = mixture(schedule)
    obs = {k: v.double() for k, v in random_obs(teacher.signature, 5).items()}
    check_teacher(teacher, obs)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_score_is_the_gradient_of_the_log_density(schedule):
    teacher = mixture(schedule)
    x_t, cond = draws(6)
    t = schedule.domain.at(torch.linspace(0.1, 0.9, 6, dtype=torch.float64))
    x_t.requires_grad_()
    (gradient,) = torch.autograd.grad(teacher.log_prob(x_t, t, cond).sum(), x_t)
    torch.testing.assert_close(teacher.score(x_t, t, cond), gradient)


def test_gaussian_agrees_with_torch_distributions():
    mean, linear = torch.tensor([1.0, -1.0]), torch.tensor([[2.0], [0.5]])
    cov = covariances(1, 2)[0]
    teacher = gaussian_teacher(mean, linear, cov)
    x_t, cond = torch.randn(5, 1, 2), torch.randn(5, 1)
    t = torch.full((5,), 0.4)
    alpha, sigma = (level[0] for level in teacher.schedule(t))
    mu = mean + cond @ linear.T
    marginal = MultivariateNormal(alpha * mu, alpha**2 * cov + sigma**2 * torch.eye(2))
    torch.testing.assert_close(
        teacher.log_prob(x_t, t, cond), marginal.log_prob(x_t[:, 0])
    )
    torch.testing.assert_close(
        teacher.log_prob_clean(x_t, cond),
        MultivariateNormal(mu, cov).log_prob(x_t[:, 0]),
    )
    gain = alpha * cov @ torch.linalg.inv(marginal.covariance_matrix[0])
    x = mu + (x_t[:, 0] - alpha * mu) @ gain.T
    torch.testing.assert_close(teacher(x_t, t, cond)[:, 0], x)


def test_mixture_agrees_with_torch_distributions():
    teacher = mixture()
    x_t, cond = draws(6)
    t = torch.linspace(0.1, 0.9, 6, dtype=torch.float64)
    mu, cov = teacher.component_means(cond), covariances(3, 4).double()
    weights = torch.tensor([0.2, 0.3, 0.5]).double().expand(6, 3)

    def log_prob(x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        alpha, sigma = alpha[:, None, None, None], sigma[:, None, None, None]
        noise = sigma**2 * torch.eye(4, dtype=torch.float64)
        parts = MultivariateNormal(alpha[..., 0] * mu, alpha**2 * cov + noise)
        marginal = MixtureSameFamily(Categorical(weights), parts)
        return marginal.log_prob(x.flatten(1))

    one = torch.ones_like(t)
    torch.testing.assert_close(
        teacher.log_prob(x_t, t, cond), log_prob(x_t, *teacher.schedule(t))
    )
    torch.testing.assert_close(
        teacher.log_prob_clean(x_t, cond), log_prob(x_t, one, 0 * one)
    )


def test_the_table_is_read_at_midpoints():
    t = torch.arange(50.0, dtype=torch.float64)
    table, curve = DiscreteVP(50)(t), CosineVP()((t + 0.5) / 50)
    torch.testing.assert_close(table, curve)


def test_samples_have_the_mixture_s_moments():
    teacher = mixture()
    n = 60_000
    cond = torch.tensor([[0.5, -1.0]], dtype=torch.float64).expand(n, 2)
    x = teacher.sample(cond, torch.Generator().manual_seed(4)).flatten(1)
    mu = teacher.component_means(cond[:1])[0]
    mean = teacher.weights @ mu
    within = torch.einsum("k,kij->ij", teacher.weights, covariances(3, 4).double())
    between = torch.einsum("k,ki,kj->ij", teacher.weights, mu - mean, mu - mean)
    # Standard errors are at most about sqrt(40 / n) = .026 here.
    torch.testing.assert_close(x.mean(0), mean, atol=0.1, rtol=0)
    torch.testing.assert_close(x.T.cov(), within + between, atol=0.5, rtol=0.02)


def test_samples_of_a_gaussian_have_its_covariance():
    cov = covariances(1, 2)[0]
    teacher = gaussian_teacher(torch.ones(2), torch.zeros(2, 1), cov)
    x = teacher.sample(torch.zeros(60_000, 1), torch.Generator().manual_seed(5))
    # Standard errors are at most about 1.4 x .7 / sqrt(60,000) = .004.
    torch.testing.assert_close(x[:, 0].T.cov(), cov, atol=0.02, rtol=0)


def test_the_density_integrates_to_one():
    teacher = gaussian_teacher(torch.zeros(2), torch.eye(2), covariances(1, 2)[0])
    axis = torch.linspace(-8, 8, 321)
    grid = torch.cartesian_prod(axis, axis)[:, None]
    cond = torch.zeros(len(grid), 2)
    mass = teacher.log_prob(grid, torch.tensor(0.5), cond).exp().sum() * 0.05**2
    assert math.isclose(mass, 1.0, abs_tol=1e-4)

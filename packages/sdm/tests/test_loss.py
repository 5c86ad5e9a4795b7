import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from onehop_interfaces import noisy
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    VarianceExploding,
    gaussian_teacher,
)
from onehop_interfaces.testing import SmallDenoiser
from onehop_sdm import (
    Scores,
    batch_wide,
    matching_gradient,
    matching_loss,
    off,
    one,
    per_sample,
    score_loss,
    sigma_squared,
    sigma_squared_over_alpha,
    snr,
)

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)

M = torch.tensor([0.3, -0.2], dtype=torch.float64)
L = torch.tensor([[0.8, 0.0], [-0.3, 0.5]], dtype=torch.float64)


def slopes(f, at: Tensor, h: float = 1e-5) -> Tensor:
    """Central differences of a scalar function, one per entry of `at`."""
    steps = h * torch.eye(at.numel(), dtype=at.dtype).view(-1, *at.shape)
    return torch.stack([(f(at + d) - f(at - d)) / (2 * h) for d in steps]).view_as(at)


@by_name
def test_expected_gradient_is_that_of_the_kl_by_finite_differences(gaussian, schedule):
    """For the student x = M + L z and its exact score net.

    The eight sigma points of (z, eps) have mean zero and covariance one, and so average
    the gradient, linear in them, and its product with z without error.
    """
    teacher = gaussian(schedule).double()
    score_net = gaussian_teacher(M, torch.zeros(2, 1), L @ L.T, schedule=schedule)
    points = 2 * torch.cat([torch.eye(4), -torch.eye(4)]).double()
    z, eps = points[:, :2], points[:, None, 2:]
    t = schedule.domain.at(torch.full((8,), 0.55, dtype=torch.float64))
    cond = torch.full((8, 1), 0.5, dtype=torch.float64)
    alpha_t, sigma_t = (level[0] for level in schedule(t))

    def noised(mean: Tensor, cov: Tensor) -> MultivariateNormal:
        cov = alpha_t**2 * cov + sigma_t**2 * torch.eye(2)
        return MultivariateNormal(alpha_t * mean, cov)

    mean, cov = torch.tensor([1.5, 1.5]), torch.tensor([[0.16, 0.12], [0.12, 0.25]])
    target = noised(mean.double(), cov.double())
    x = (M + z @ L.T)[:, None]
    grad = matching_gradient(x, eps, t, cond, teacher, score_net)[:, 0]
    torch.testing.assert_close(
        alpha_t * grad.mean(0),
        slopes(lambda m: kl_divergence(noised(m, L @ L.T), target), M),
        rtol=1e-5, atol=1e-7,
    )  # fmt: skip
    torch.testing.assert_close(
        alpha_t * torch.einsum("bi,bj->ij", grad, z) / 8,
        slopes(lambda l: kl_divergence(noised(M, l @ l.T), target), L),
        rtol=1e-5, atol=1e-7,
    )  # fmt: skip


@by_name
def test_a_student_that_has_arrived_stays(gaussian, schedule):
    teacher = gaussian(schedule)
    x, eps = torch.randn(2, 3, 1, 2)
    t = schedule.domain.at(torch.tensor([0.1, 0.5, 0.9]))
    for normaliser in (off, per_sample, batch_wide):
        grad = matching_gradient(
            x, eps, t, torch.zeros(3, 1), teacher, teacher, normaliser=normaliser
        )
        assert torch.equal(grad, torch.zeros_like(x))


def example(gaussian, schedule):
    """Arguments of the losses, with a score net of width 8, in double precision."""
    torch.manual_seed(0)
    teacher = gaussian(schedule).double()
    score_net = SmallDenoiser(teacher, cond_dim=1, width=8).double()
    x, eps = torch.randn(2, 6, 1, 2, dtype=torch.float64)
    t = schedule.domain.at(torch.linspace(0.1, 0.9, 6, dtype=torch.float64))
    return teacher, score_net, (x, eps, t, torch.randn(6, 1, dtype=torch.float64))


@by_name
def test_matching_loss_carries_its_gradient_to_x_alone(gaussian, schedule):
    teacher, score_net, (x, *rest) = example(gaussian, schedule)
    x.requires_grad_()
    loss = matching_loss(x, *rest, teacher, score_net, sigma_squared, per_sample)
    assert loss.shape == (6,)
    loss.sum().backward()
    grad = matching_gradient(x, *rest, teacher, score_net, sigma_squared, per_sample)
    torch.testing.assert_close(x.grad, grad)
    assert all(p.grad is None for p in score_net.parameters())


@by_name
def test_score_loss_has_the_gradient_of_its_value(gaussian, schedule):
    _, score_net, arguments = example(gaussian, schedule)
    loss = score_loss(*arguments, score_net, one)
    assert loss.shape == (6,)
    loss.sum().backward()
    weight = score_net.layers[2].weight

    def total(value: Tensor) -> Tensor:
        with torch.no_grad():
            weight.copy_(value)
            return score_loss(*arguments, score_net, one).sum()

    expected = slopes(total, weight.detach().clone())
    torch.testing.assert_close(weight.grad, expected, rtol=1e-5, atol=1e-7)


def test_score_loss_does_not_reach_the_student(gaussian):
    """The reference code's first defect: x was part of D's graph, twice."""
    _, score_net, (x, *rest) = example(gaussian, CosineVP())
    x.requires_grad_()
    score_loss(x, *rest, score_net).sum().backward()
    assert x.grad is None
    assert all(p.grad is not None for p in score_net.parameters())


@by_name
def test_weights_turn_scores_into_chunks_and_chunks_into_eps(gaussian, schedule):
    teacher, score_net, (x, eps, t, cond) = example(gaussian, schedule)
    alpha_t, sigma_t = (level[:, None, None] for level in schedule(t))
    x_t = noisy(x, eps, *schedule(t))
    x_D, x_P = score_net(x_t, t, cond), teacher(x_t, t, cond)
    grad = matching_gradient(x, eps, t, cond, teacher, score_net, sigma_squared)
    torch.testing.assert_close(grad, alpha_t * (x_D - x_P))
    w = sigma_squared_over_alpha
    grad = matching_gradient(x, eps, t, cond, teacher, score_net, w)
    torch.testing.assert_close(grad, x_D - x_P)
    eps_D = (x_t - alpha_t * x_D) / sigma_t
    torch.testing.assert_close(
        score_loss(x, eps, t, cond, score_net, snr),
        ((eps_D - eps) ** 2).mean((1, 2)),
    )


@by_name
def test_per_sample_leaves_dmd_s_gradient(gaussian, schedule):
    teacher, score_net, (x, eps, t, cond) = example(gaussian, schedule)
    grad = matching_gradient(x, eps, t, cond, teacher, score_net, one, per_sample)
    x_t = noisy(x, eps, *schedule(t))
    x_D, x_P = score_net(x_t, t, cond), teacher(x_t, t, cond)
    size = (x - x_P).abs().mean((1, 2), keepdim=True)
    torch.testing.assert_close(grad, (x_D - x_P) / size)


def test_batch_wide_lets_small_times_outweigh_large_ones(gaussian):
    """Why it is a defect; per sample, no time does."""
    teacher, score_net, _ = example(gaussian, DiscreteVP())
    x, eps = torch.randn(2, 1000, 1, 2, dtype=torch.float64)
    t = torch.tensor([9.0, 79.0], dtype=torch.float64).repeat(500)
    cond = torch.zeros(1000, 1, dtype=torch.float64)

    def imbalance(normaliser) -> float:
        grad = matching_gradient(
            x, eps, t, cond, teacher, score_net, normaliser=normaliser
        )
        size = grad.abs().mean((1, 2)).view(-1, 2).mean(0)
        return float(size[0] / size[1])

    assert imbalance(batch_wide) > 50
    assert imbalance(batch_wide) == pytest.approx(imbalance(off))
    assert 1 / 5 < imbalance(per_sample) < 5


def test_normalisers_by_hand():
    s_P = torch.tensor([[[1.0, -3.0]], [[0.0, 4.0]]])
    s_x = torch.tensor([[[2.0, -1.0]], [[0.0, 4.0]]])
    scores = Scores(s_D=torch.zeros(2, 1, 2), s_P=s_P, s_x=s_x)
    assert off(scores).tolist() == [1.0, 1.0]
    assert batch_wide(scores).tolist() == [2.0, 2.0]
    torch.testing.assert_close(per_sample(scores), torch.tensor([1.5, 1e-6]))

import itertools

import pytest
import torch
from torch import Tensor

from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    VarianceExploding,
    gaussian_teacher,
)
from onehop_vdd_moe import (
    Bound,
    Curriculum,
    Experts,
    Mixture,
    Network,
    expert_loss,
    gate_loss,
    likelihood_loss,
    marginal_score,
    rescaled_score,
    responsibilities,
)

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
by_score = pytest.mark.parametrize("score", [marginal_score, rescaled_score])
SMALL = Network(experts=3, width=8, blocks=1, head_width=8, gate_width=8, init_std=0.5)


@pytest.fixture
def experts() -> Experts:
    torch.manual_seed(0)
    experts = Experts(2, 2, SMALL).double()
    with torch.no_grad():  # away from the start, at which the heads are nearly flat
        for p in experts.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return experts


def gradient(loss: Tensor, parameters: list[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad(loss, parameters, allow_unused=True)
    pairs = zip(found, parameters, strict=True)
    return [torch.zeros_like(p) if g is None else g for g, p in pairs]


@by_name
@by_score
def test_expert_gradient_is_that_of_the_bound_by_finite_differences(
    schedule, score, two_modes, experts
):
    teacher = two_modes(schedule).double()
    cond, eps = torch.randn(4, 2).double(), torch.randn(4, 3, 2, 1, 2).double()
    t = schedule.domain.at(0.1 + 0.4 * torch.rand(4, 3, 2).double())
    old = Mixture(*(tensor.clone() for tensor in experts(cond).detach()))

    def bound() -> Tensor:
        """With log p in the score's place: needs no score and no stopped gradient."""
        mixture = experts(cond)
        x = mixture.samples(eps.flatten(3))
        scale = schedule(t)[0][..., None] if score is rescaled_score else 1.0
        rows = cond[:, None, None].expand(4, 3, 2, 2).reshape(-1, 2)
        x_t = (scale * x).reshape(-1, 1, 2)
        log_p = teacher.log_prob(x_t, t.flatten(), rows).view(t.shape)
        log_r = torch.stack(
            [old.log_responsibilities(x[:, k])[..., k] for k in range(3)], dim=1
        )
        gain = (log_p + log_r).mean(-1) + mixture.entropies()
        return -(old.log_weights.exp() * gain).sum()

    loss = expert_loss(experts(cond), eps, t, cond, teacher, Bound(score))
    assert loss.shape == (4,)
    weights = [experts.mean[-1].weight, experts.chol[-1].bias, experts.backbone[0].bias]
    for weight, grad in zip(weights, gradient(loss.sum(), weights), strict=True):
        h, slopes = 1e-5, []
        flat = weight.detach().view(-1)
        for i in range(flat.numel()):
            sides = []
            for step in (h, -2 * h):
                flat[i] += step
                with torch.no_grad():
                    sides.append(bound())
            flat[i] += h
            slopes.append((sides[0] - sides[1]) / (2 * h))
        expected = torch.stack(slopes)
        torch.testing.assert_close(grad.flatten(), expected, rtol=1e-5, atol=1e-6)


@by_name
@by_score
def test_one_expert_s_optimum_on_the_gaussian_in_closed_form(schedule, score):
    """Eps of zero mean and unit covariance makes the gradient exactly zero."""
    mean = torch.tensor([1.0, 2.0], dtype=torch.float64)
    cov = torch.tensor([[0.04, 0.06], [0.06, 0.25]], dtype=torch.float64)
    still = torch.zeros(2, 1, dtype=torch.float64)
    teacher = gaussian_teacher(mean, still, cov, schedule=schedule)
    t = schedule.domain.at(torch.tensor(0.3, dtype=torch.float64))
    alpha, sigma = schedule(t)
    scale = 1 / alpha if score is rescaled_score else torch.ones_like(alpha)
    eye = torch.eye(2, dtype=torch.float64)
    cov_t = scale**2 * (alpha**2 * cov + sigma**2 * eye)
    mu = (scale * alpha * mean)[None, None].requires_grad_()
    chol = torch.linalg.cholesky(cov_t)[None, None].requires_grad_()
    eps = 2**0.5 * torch.cat([eye, -eye])[None, None]
    mixture = Mixture(torch.zeros(1, 1, dtype=torch.float64), mu, chol)
    times, cond = t.expand(1, 1, 4), torch.zeros(1, 1, dtype=torch.float64)
    loss = expert_loss(mixture, eps.unsqueeze(3), times, cond, teacher, Bound(score))
    grads = gradient(loss.sum(), [mu, chol])
    for grad in (grads[0], grads[1].tril()):
        torch.testing.assert_close(grad, torch.zeros_like(grad), rtol=0, atol=1e-9)


def test_em_s_gradient_is_that_of_the_likelihood(experts):
    cond, x = torch.randn(6, 2).double(), torch.randn(6, 1, 2).double()
    mixture, parameters = experts(cond), list(experts.parameters())
    w = responsibilities(mixture, x)
    loss = likelihood_loss(mixture, x, w) + gate_loss(mixture, w)
    assert loss.shape == (6,)
    nll = -experts(cond).log_prob(x)[:, 0]
    found, expected = gradient(loss.sum(), parameters), gradient(nll.sum(), parameters)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)


def test_likelihood_and_gate_have_the_gradients_of_their_values(mixture):
    x, w = torch.randn(2, 1, 2).double(), torch.rand(2, 3).double()
    mu = mixture.means.clone().requires_grad_()

    def loss(mu: Tensor) -> Tensor:
        return likelihood_loss(mixture._replace(means=mu), x, w).sum()

    assert torch.autograd.gradcheck(loss, (mu,))
    logits = mixture.log_weights.clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda logits: gate_loss(
            mixture._replace(log_weights=logits.log_softmax(-1)), w
        ),
        (logits,),
    )


def test_gate_and_experts_learn_apart(experts, two_modes):
    cond, x = torch.randn(4, 2).double(), torch.randn(4, 1, 2).double()
    teacher = two_modes().double()
    eps, t = torch.randn(4, 3, 2, 1, 2).double(), torch.full((4, 3, 2), 0.1).double()
    mixture = experts(cond)
    gate, others = experts.gate_parameters(), experts.expert_parameters()
    assert len(gate) + len(others) == len(list(experts.parameters()))
    loss = expert_loss(mixture, eps, t, cond, teacher).sum()
    assert not any(g.any() for g in gradient(loss, gate))
    assert all(g.any() for g in gradient(loss, others))
    loss = gate_loss(experts(cond), responsibilities(mixture, x)).sum()
    assert all(g.any() for g in gradient(loss, gate))
    assert not any(g.any() for g in gradient(loss, others))


def test_curriculum_maximises_its_objective(mixture):
    x, eta = mixture.means.mean(1, keepdim=True), 5.0
    p = Curriculum(eta)(mixture, x) / 2
    assert p.sum().item() == pytest.approx(1.0)
    reward = mixture.expert_log_probs(x)[:, 0]
    reward = reward + eta * mixture.log_responsibilities(x)[:, 0]

    def objective(p: Tensor) -> float:
        return float((p * reward.flatten()).sum() - eta * (p * p.log()).sum())

    p = p.flatten()
    best = objective(p)
    for i, j in itertools.permutations(range(6), 2):
        other = p.clone()
        other[i] += 0.5 * other[j]
        other[j] *= 0.5
        assert objective(other) < best


def test_eta_sets_how_much_data_the_curriculum_keeps():
    mixture = Mixture(torch.zeros(8, 1), torch.zeros(8, 1, 1), torch.ones(8, 1, 1, 1))
    x = torch.arange(8.0)[:, None, None]
    kept = []
    for eta in (1e-3, 1.0, 10.0, 1e6):
        p = Curriculum(eta)(mixture, x).flatten() / 8
        kept.append(float(torch.exp(-(p * p.clamp(min=1e-30).log()).sum())))
    assert kept[0] == pytest.approx(1.0, abs=1e-3), "the best example alone"
    assert kept[-1] == pytest.approx(8.0, abs=1e-3), "all of them alike"
    assert kept == sorted(kept)


def one_expert(mean: Tensor, chol: Tensor) -> Mixture:
    """A mixture of one, the same for 4 rows, of means that learn."""
    means = mean.repeat(4, 1, 1).requires_grad_(True)
    return Mixture(mean.new_zeros(4, 1), means, chol.repeat(4, 1, 1, 1))


def standard(schedule):
    """N(0, I), whatever the condition of two numbers."""
    zero, one = torch.zeros(2, 2).double(), torch.eye(2).double()
    return gaussian_teacher(zero[0], zero, one, schedule=schedule)


@by_name
@pytest.mark.parametrize("diffused", [False, True])
def test_with_the_control_variate_no_noise_is_left_at_the_target(schedule, diffused):
    """An expert that is its target has no gradient, for any draw; without, it has."""
    m, t = torch.tensor([0.3, -0.2]).double(), schedule.domain.at(torch.tensor([0.3]))
    alpha_t, sigma_t = schedule(t.double())
    ratio = float(sigma_t / alpha_t)
    cov = torch.tensor([[0.8, -0.3], [-0.3, 0.5]]).double()
    cov = 1e-12 * cov if diffused else cov
    teacher = gaussian_teacher(m, torch.zeros(2, 1).double(), cov, schedule=schedule)
    covariance = cov + ratio**2 * torch.eye(2).double()
    eps = torch.randn(4, 1, 3, 1, 2).double()
    times, cond = t.double().expand(4, 1, 3), torch.zeros(4, 1).double()
    for control in (True, False):
        mixture = one_expert(m, torch.linalg.cholesky(covariance))
        how = Bound(control=control, diffused=diffused)
        expert_loss(mixture, eps, times, cond, teacher, how).sum().backward()
        size = mixture.means.grad.abs().max() * min(ratio, 1)
        assert (size < 1e-4) == control


@by_name
@pytest.mark.parametrize("diffused", [False, True])
def test_the_control_variate_has_mean_zero(schedule, diffused, experts):
    """Over 4,000 draws the gradients with and without it agree, within their noise."""
    teacher = standard(schedule)
    cond = torch.zeros(1, 2).double()
    mixture = Mixture(*(part.detach() for part in experts(cond)))
    means = mixture.means.requires_grad_(True)
    torch.manual_seed(0)
    eps = torch.randn(1, 3, 4000, 1, 2).double()
    t = schedule.domain.at(torch.full((1, 3, 4000), 0.4).double())
    found = []
    for control in (True, False):
        how = Bound(control=control, diffused=diffused)
        loss = expert_loss(mixture, eps, t, cond, teacher, how)
        found.append(torch.autograd.grad(loss.sum(), means)[0])
    noise = float(found[1].abs().max()) + 1 / float(mixture.chols.min().abs() + 0.1)
    assert (found[0] - found[1]).abs().max() < 0.05 * max(noise, 1)


def test_time_weighs_the_square_of_its_noise(experts):
    schedule = VarianceExploding(0.02, 10.0)
    teacher, cond = standard(schedule), torch.zeros(2, 2)
    eps = torch.randn(2, 3, 1, 1, 2).double()
    t = schedule.domain.at(torch.full((2, 3, 1), 0.6).double())
    _, sigma_t = schedule(t.flatten())
    how = [Bound(control=True, weighted=weighted) for weighted in (True, False)]
    weighted, even = (
        expert_loss(experts(cond.double()), eps, t, cond.double(), teacher, h)
        for h in how
    )
    torch.testing.assert_close(weighted, sigma_t[0] ** 2 * even)

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from onehop_vdd_moe import (
    Mixture,
    expert_mean,
    expert_sample,
    likeliest_expert,
    sampled_expert,
)


def independent(mixture: Mixture) -> MixtureSameFamily:
    return MixtureSameFamily(
        Categorical(logits=mixture.log_weights),
        MultivariateNormal(mixture.means, scale_tril=mixture.chols),
    )


def test_density_is_that_of_torch(mixture):
    x = 2 * torch.randn(5, 2, 2, dtype=torch.float64)
    expected = independent(mixture).log_prob(x).T
    torch.testing.assert_close(mixture.log_prob(x.transpose(0, 1)), expected)


def test_density_integrates_to_one(mixture):
    axis = torch.linspace(-15, 15, 601, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis).expand(2, -1, 2)
    mass = mixture.log_prob(grid).exp().sum(1) * (axis[1] - axis[0]) ** 2
    torch.testing.assert_close(mass, torch.ones_like(mass), rtol=1e-6, atol=0)


def test_entropies_and_responsibilities(mixture):
    truth = independent(mixture)
    expected = truth.component_distribution.entropy()
    torch.testing.assert_close(mixture.entropies(), expected)
    expected = truth.mixture_distribution.entropy()
    torch.testing.assert_close(mixture.gate_entropy(), expected)
    x = torch.randn(2, 4, 2, dtype=torch.float64)
    joint = truth.component_distribution.log_prob(x.transpose(0, 1)[:, :, None])
    joint = joint.transpose(0, 1).exp() * mixture.log_weights.exp()[:, None]
    expected = joint / joint.sum(-1, keepdim=True)
    torch.testing.assert_close(mixture.log_responsibilities(x).exp(), expected)


def test_responsibilities_far_from_every_expert_are_finite(mixture):
    single = Mixture(*(tensor.float() for tensor in mixture))
    x = torch.full((2, 1, 2), 1e3, requires_grad=True)
    assert not single.expert_log_probs(x).exp().any(), "densities do underflow here"
    log_r = single.log_responsibilities(x)
    exact = mixture.log_responsibilities(x.double())
    torch.testing.assert_close(log_r.double(), exact, rtol=1e-4, atol=0)
    log_r.sum().backward()
    assert bool(x.grad.isfinite().all())


@pytest.mark.parametrize("act", [expert_mean, expert_sample])
def test_choices(mixture, act):
    many = Mixture(*(tensor[:1].repeat_interleave(20_000, 0) for tensor in mixture))
    noise = torch.randn(20_000, 5, generator=torch.Generator().manual_seed(0))
    k = sampled_expert(many, noise[:, :3])
    share = torch.bincount(k, minlength=3) / len(k)
    weights = mixture.log_weights[0].exp().float()
    torch.testing.assert_close(share, weights, rtol=0, atol=0.01)
    x, truth = act(many, k, noise[:, 3:]), independent(mixture)
    torch.testing.assert_close(x.mean(0), truth.mean[0], rtol=0, atol=0.05)
    if act is expert_sample:
        torch.testing.assert_close(x.var(0), truth.variance[0], rtol=0.05, atol=0)
    assert torch.equal(likeliest_expert(mixture, None), mixture.log_weights.argmax(1))


def test_samples_carry_gradients_to_means_and_covariances(mixture):
    eps = torch.randn(2, 3, 4, 2, dtype=torch.float64)
    x = mixture.samples(eps)
    expected = torch.einsum("bkde,bkve->bkvd", mixture.chols, eps)
    torch.testing.assert_close(x, expected + mixture.means[:, :, None])

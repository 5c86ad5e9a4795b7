"""What the students answer, against distributions known in closed form."""

import pytest
import torch

from onehop_interfaces import Batch
from onehop_interfaces.acting import decide
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_koopman_fdk import (
    DNKRecipe,
    FromShards,
    FromTeacher,
    KDMFRecipe,
    KDMRecipe,
    KoopmanDistiller,
    endpoint,
)

SMALL = {"latent": 32, "width": 64, "depth": 1, "lr": 3e-3}
DNK, KDM, KDMF = DNKRecipe(**SMALL), KDMRecipe(**SMALL), KDMFRecipe(**SMALL)
BLIND = KDMRecipe(**SMALL, control=False)
SAMPLES = 2000


def states(teacher, count, draw):
    size = teacher.signature.obs["state"]
    return {"state": 2 * torch.rand(count, 1, *size, generator=draw) - 1}


def distil(recipe, teacher, updates):
    """From 16,384 pairs of 50 teacher steps, at conditions in [-1, 1]."""
    draw = torch.Generator().manual_seed(0)
    windows = Batch(states(teacher, 16_384, draw), torch.empty(16_384, 0))
    pairs = FromTeacher(teacher, steps=50)(windows, draw)
    run = Run(updates, draw)
    distiller = KoopmanDistiller(teacher, recipe, run, FromShards(pairs))
    for _ in range(updates):
        distiller.update(Batch({}, torch.empty(256, 0)))
    return distiller.policy


def answers(policy, teacher, cond):
    """Normalised chunks at one condition."""
    obs = {"state": cond.expand(SAMPLES, 1, -1)}
    actions = decide(policy, obs, torch.Generator().manual_seed(1))
    return teacher.normalise(actions, obs), obs["state"][:, 0]


@pytest.mark.parametrize(
    ("recipe", "schedule"),
    [
        (DNK, CosineVP()),
        (DNK, DiscreteVP()),
        (DNK, VarianceExploding(0.02, 40.0)),
        (KDM, CosineVP()),
        (KDMF, CosineVP()),
    ],
    ids=lambda each: type(each).__name__,
)
def test_on_the_gaussian_it_is_the_closed_form_s_map(
    recipe, schedule, gaussian, exact_map
):
    teacher = gaussian(schedule, scale=2.0)
    policy = distil(recipe, teacher, 250)
    for c in (-0.6, 0.5):
        x, cond = answers(policy, teacher, torch.tensor([c]))
        mean, cov = teacher.component_means(cond)[0, 0], gaussian_cov(teacher)
        torch.testing.assert_close(x[:, 0].mean(0), mean, rtol=0, atol=0.05)
        torch.testing.assert_close(x[:, 0].T.cov(), cov, rtol=0, atol=0.05)
        prior = torch.randn(SAMPLES, 1, 2)
        gap = policy.generate(prior, cond) - exact_map(teacher, prior, cond)
        assert gap.square().mean().sqrt().item() < 0.06, "the deterministic map itself"


def gaussian_cov(teacher):
    axes, variances = teacher.axes[0], teacher.variances[0]
    return axes @ variances.diag() @ axes.T


@pytest.mark.parametrize(
    ("recipe", "weights", "horizon", "updates"),
    [
        (DNK, (0.5, 0.3, 0.2), 1, 300),
        (DNK, (0.1, 0.1, 0.8), 1, 300),
        (DNK, (0.5, 0.3, 0.2), 3, 400),
        (KDM, (0.5, 0.3, 0.2), 1, 300),
        (KDMF, (0.5, 0.3, 0.2), 1, 300),
    ],
    ids=lambda each: type(each).__name__.replace("tuple", ""),
)
def test_on_the_mixture_it_finds_all_modes(
    recipe, weights, horizon, updates, mixture, metrics
):
    teacher = mixture(weights, horizon=horizon)
    policy = distil(recipe, teacher, updates)
    untrained = recipe.parts(teacher, torch.Generator())[0]
    for c in (torch.tensor([0.5, -0.7]), torch.tensor([-0.8, 0.2])):
        x, cond = answers(policy, teacher, c)
        exact, floor = (
            teacher.sample(cond, torch.Generator().manual_seed(seed)) for seed in (2, 3)
        )
        one_step = endpoint(teacher, torch.randn_like(x), cond, 1)
        share, inside = metrics.modes(teacher, x, cond)
        torch.testing.assert_close(share, torch.tensor(weights), rtol=0, atol=0.05)
        assert inside > 0.97, "next to nothing between the modes"
        for distance, most in (
            (metrics.energy_distance, 0.01),
            (metrics.sliced_wasserstein, 0.05),
        ):
            least, ours = distance(floor, exact), distance(x, exact)
            assert least < most / 2, "the tolerance is above chance"
            assert ours < most
            assert ours < 0.2 * distance(one_step, exact)
            assert ours < 0.2 * distance(answers(untrained, teacher, c)[0], exact)


def test_kdm_without_conditioning_cannot_follow_the_modes(mixture, metrics):
    """One answer for two conditions is far from one of them, whatever it is.

    The root of the energy distance is a metric; its triangle inequality says how far.
    With conditioning it is below .01.
    """
    teacher = mixture()
    blind = distil(BLIND, teacher, 250)
    corners = [torch.tensor([0.9, 0.9]), torch.tensor([-0.9, -0.9])]
    (x, _), (again, _) = (answers(blind, teacher, c) for c in corners)
    assert torch.equal(x, again), "the same prior, the same chunk"
    a, b = (
        teacher.sample(c.expand(SAMPLES, -1), torch.Generator().manual_seed(seed))
        for c, seed in zip(corners, (2, 3), strict=True)
    )
    between = metrics.energy_distance(a, b)
    farther = max(metrics.energy_distance(x, exact) for exact in (a, b))
    assert farther > 0.9 * between / 4 > 0.05

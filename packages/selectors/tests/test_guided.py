"""Guidance against a tilted Gaussian, which is known."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from onehop_interfaces import Batch, eps_of, noisy
from onehop_interfaces.exact import CosineVP, gaussian_teacher
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import check_teacher, same_state
from onehop_selectors import (
    Guided,
    ReturnClassifier,
    Returning,
    ReturnRecipe,
    ReturnSelector,
)

A = torch.tensor([0.6, -1.0, 0.3, 0.0], dtype=torch.float64)
"""J(x) = a x."""


def teacher():
    root = torch.randn(4, 4, generator=torch.Generator().manual_seed(0)).double()
    return gaussian_teacher(
        torch.tensor([0.5, -1.0, 0.0, 2.0]).double(),
        torch.ones(4, 1).double(),
        0.25 * torch.eye(4).double() + 0.1 * root @ root.T,
        horizon=2,
    )


def value_of(likely):
    """log E[exp(J(x)) | x_t] but for a constant: of a Gaussian, J of the mean."""
    return lambda x_t, t, cond: (likely(x_t, t, cond).flatten(1) * A).sum(-1)


def flow(denoiser, x_t, cond, steps: int = 200):
    """DDIM: keep the noise, x_t = alpha x + sigma eps, at ever earlier times."""
    domain = denoiser.schedule.domain
    times = torch.linspace(domain.t_max, domain.t_min, steps + 1).double()
    for now, then in pairwise(times):
        t = now.expand(len(x_t))
        x = denoiser(x_t, t, cond)
        eps = eps_of(x_t, x, *denoiser.schedule(t))
        x_t = noisy(x, eps, *denoiser.schedule(then.expand(len(x_t))))
    return x_t


@pytest.mark.parametrize("scale", [0.0, 1.0, -2.0])
def test_guided_chunks_are_those_of_the_tilted_gaussian(scale):
    """p(x) exp(w a x) is N(m + w S a, S)."""
    likely = teacher()
    guided = Guided(likely, value_of(likely), scale)
    z = torch.randn(4_000, 2, 2, generator=torch.Generator().manual_seed(1)).double()
    x = flow(guided, z, torch.full((4_000, 1), 0.3).double()).flatten(1)
    axes, variances = likely.axes[0], likely.variances[0]
    s = axes @ variances.diag() @ axes.T
    mean = likely.means[0] + 0.3 + scale * s @ A
    torch.testing.assert_close(x.mean(0), mean, atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(x.T), s, atol=0.05, rtol=0.02)


def test_a_guided_teacher_is_one():
    likely = teacher()
    check_teacher(
        Guided(likely, value_of(likely), 1.0), {"state": torch.zeros(3, 1, 1)}
    )


def linear_data(n: int = 4_096) -> Returning:
    """What a plan returns is a times it, and a noise that no one can know."""
    likely, g = teacher(), torch.Generator().manual_seed(0)
    obs = {"state": torch.randn(n, 1, 1, generator=g)}
    plans = likely.sample(likely.encode(obs), g)
    earned = 30 * (plans.flatten(1) @ A) + torch.randn(n, generator=g)
    return Returning(Batch(obs, plans), earned)


def taught(updates: int = 1_500) -> tuple[ReturnClassifier, Returning]:
    data, run = linear_data(), Run(updates, torch.Generator().manual_seed(0))
    learning = ReturnRecipe(lr=3e-3, width=64, depth=2).learning(teacher(), 1, run)
    learning.classifier.double().fit(data.returns)
    for i in range(updates):
        rows = torch.randint(4_096, (256,), generator=torch.Generator().manual_seed(i))
        learning.update(Returning(data.batch[rows], data.returns[rows]))
    return learning.classifier, data


def test_the_classifier_learns_what_noisy_plans_return():
    """E[R | x_t] is R of the denoised plan; without noise it ranks plans."""
    classifier, data = taught()
    likely, n = teacher(), 2_000
    cond = likely.encode(data.batch.obs)[:n]
    t = torch.linspace(0, likely.schedule.domain.t_max, n).double()
    alpha_t, sigma_t = (level[:, None, None] for level in CosineVP()(t))
    x_t = alpha_t * data.batch.actions[:n]
    x_t = x_t + sigma_t * torch.randn(x_t.shape, generator=torch.Generator()).double()
    with torch.no_grad():
        exact = (30 * value_of(likely)(x_t, t, cond) - classifier.mean) / classifier.std
        found = classifier(x_t, t, cond)
    assert float((found - exact).square().mean() / exact.var()) < 0.03
    plans = data.batch.actions[:60].view(10, 6, 2, 2)
    obs = {"state": data.batch.obs["state"][:10]}
    # Any plan will do at any state: what it returns is its own.
    with torch.no_grad():
        scores = ReturnSelector(classifier, likely)(plans, obs)
    best = (plans.flatten(2) @ A).argmax(1)
    assert float((scores.argmax(1) == best).double().mean()) >= 0.8


def test_a_resumed_run_is_the_run_and_a_config_makes_it_again():
    data = linear_data(64)

    def run(stop: int | None):
        made = Run(6, torch.Generator().manual_seed(0))
        recipe = ReturnRecipe(width=8, depth=1)
        learning = recipe.learning(teacher(), 1, made)
        for i in range(6):
            made.generator.manual_seed(i)
            if i == stop:
                state = learning.state_dict()
                learning = recipe.learning(teacher(), 1, made)
                learning.load_state_dict(state)
                made.generator.manual_seed(i)
            learning.update(data)
        return learning

    torch.set_default_dtype(torch.float64)
    try:
        whole, resumed = run(None), run(3)
    finally:
        torch.set_default_dtype(torch.float32)
    assert same_state(whole.state_dict(), resumed.state_dict())
    classifier = whole.classifier
    again = ReturnClassifier.from_config(classifier.schedule, classifier.config())
    again.double().load_state_dict(classifier.state_dict())
    x_t, t, cond = (
        torch.randn(3, 2, 2).double(),
        torch.rand(3).double(),
        torch.ones(3, 1),
    )
    assert torch.equal(again(x_t, t, cond.double()), classifier(x_t, t, cond.double()))


class Value(nn.Module):
    """Linear in a chunk: what counts FLOPs knows modules."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, 1, dtype=torch.float64)

    def forward(self, x_t, t, cond):
        return self.linear(x_t.flatten(1))[:, 0]


def test_flops_of_a_guided_chunk_can_be_counted():
    likely = teacher()
    size = likely.signature.chunk[0] * likely.signature.chunk[1]
    x_t = torch.zeros(3, *likely.signature.chunk, dtype=torch.float64)
    t, cond = x_t.new_full((3,), 0.5), likely.encode({"state": x_t.new_zeros(3, 1, 1)})
    guided = Guided(likely, Value(size), 1.0)
    with FlopCounterMode(display=False) as counter:
        guided(x_t, t, cond)
    assert counter.get_total_flops() > 0


class Clean(torch.nn.Module):
    """What `ReturnClassifier.clean` computes, as a module of its own."""

    def __init__(self, classifier: ReturnClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, x, cond):
        return self.classifier.clean(x, cond)


def test_plans_are_judged_in_batches_of_any_size_when_exported():
    judge = Clean(ReturnClassifier(CosineVP(), 4, 1, 8, 1)).eval()
    sizes = {0: torch.export.Dim("batch")}
    args = torch.randn(3, 2, 2), torch.randn(3, 1)
    exported = torch.export.export(judge, args, dynamic_shapes=(sizes, sizes)).module()
    x, cond = torch.randn(64, 2, 2), torch.randn(64, 1)
    torch.testing.assert_close(exported(x, cond), judge(x, cond))

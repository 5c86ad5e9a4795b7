"""Against policies that can be written down."""

import copy

import pytest
import torch

from onehop_interfaces.learning import Run
from onehop_interfaces.testing import same_state
from onehop_selectors import Actor, Extraction, IQLRecipe, JudgeLearning, Transitions

MEAN, STD, BETA = 0.1, 0.2, 3.0


def normal() -> Transitions:
    """In states -1 and 1 actions of N(m s, std^2), by quantiles: sums are exact."""
    quantiles = torch.special.ndtri((torch.arange(512) + 0.5) / 512)
    s, z = torch.cartesian_prod(torch.tensor([-1.0, 1.0]), quantiles)[
        :, :, None
    ].unbind(1)
    none = torch.zeros(len(s))
    return Transitions(s, MEAN * s + STD * z, none, s, none)


def learned(advantage, of: Transitions, beta: float, steps: int) -> Extraction:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        actor = Actor(1, 1, 16, 1)
    recipe = IQLRecipe(beta=beta, actor_lr=3e-2)
    extraction = Extraction(recipe, Run(steps), actor, advantage)
    for _ in range(steps):
        extraction.update(of)
    return extraction


@pytest.mark.parametrize(
    ("advantage", "mean", "std"),
    [
        # mu exp(beta s a) is mu moved by beta s std^2.
        (lambda of: (of.s * of.a).squeeze(1), MEAN + BETA * STD**2, STD),
        # mu exp(-4 beta a^2) has 8 beta more precision, and its mean is nearer to 0.
        (
            lambda of: -4 * of.a.square().squeeze(1),
            MEAN / (1 + 8 * BETA * STD**2),
            STD / (1 + 8 * BETA * STD**2) ** 0.5,
        ),
        (lambda of: of.s.squeeze(1), MEAN, STD),
    ],
    ids=["linear", "quadratic", "of the state alone"],
)
def test_the_actor_is_the_data_tilted_by_advantages(advantage, mean, std):
    actor = learned(advantage, normal(), BETA, steps=400).actor
    found = actor(torch.tensor([[-1.0], [1.0]])).detach()
    torch.testing.assert_close(
        found, torch.tensor([[-mean], [mean]]), atol=5e-3, rtol=0
    )
    assert float(actor.log_std.detach().exp()) == pytest.approx(std, rel=0.02)


def test_nothing_counts_more_than_a_hundred_times():
    great = Extraction(
        IQLRecipe(beta=BETA), Run(1), Actor(1, 1, 4, 1), lambda of: 1e6 * of.s[:, 0]
    )
    # In one of the two states, and not at all in the other.
    assert great.update(normal())["weight"] == pytest.approx(50.0)


def bandit(n: int) -> Transitions:
    """One state; r = 1 - |a - .5|, and actions anywhere in -1 to 1."""
    a = 2 * torch.rand(n, 1, generator=torch.Generator().manual_seed(0)) - 1
    r, s = 1 - (a - 0.5).abs().squeeze(1), torch.zeros(n, 1)
    return Transitions(s, a, r, s, torch.ones(n))


def learning(recipe: IQLRecipe, steps: int) -> JudgeLearning:
    run = Run(steps, torch.Generator().manual_seed(0))
    return JudgeLearning(recipe, run, recipe.judge("s", 1, 1, run))


def test_the_actor_clones_without_beta_and_finds_what_pays():
    judge = learning(IQLRecipe(lr=1e-2, width=32), 500)
    for _ in range(400):
        judge.update(bandit(512))
    means = []
    for beta in (0.0, 30.0):
        actor = learned(judge.iql.advantage, bandit(512), beta, steps=150).actor
        means.append(float(actor(torch.zeros(1, 1)).detach()))
    assert means[0] == pytest.approx(0.0, abs=0.05)
    assert means[1] == pytest.approx(0.5, abs=0.1)


def test_the_actor_learns_after_what_it_learns_from():
    judge = learning(IQLRecipe(width=8, actor_share=0.25), 8)
    before = copy.deepcopy(judge.state_dict())
    changed = []
    for _ in range(8):
        judge.update(bandit(64))
        after = copy.deepcopy(judge.state_dict())
        changed.append(
            [
                not same_state(before[part][net], after[part][net])
                for part, net in (
                    ("iql", "critic"),
                    ("iql", "value"),
                    ("extraction", "actor"),
                )
            ]
        )
        before = after
    assert changed == 6 * [[True, True, False]] + 2 * [[False, False, True]]


@pytest.mark.parametrize("stop", [3, 8])
def test_a_resumed_run_is_the_run(stop):
    recipe = IQLRecipe(width=8, actor_share=0.5)

    def run(stop: int | None) -> JudgeLearning:
        made = learning(recipe, 12)
        for i in range(12):
            if i == stop:
                state = made.state_dict()
                made = learning(recipe, 12)
                made.load_state_dict(state)
            made.update(bandit(64))
        return made

    assert same_state(run(None).state_dict(), run(stop).state_dict())

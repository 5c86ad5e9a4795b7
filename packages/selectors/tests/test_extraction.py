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
    return Transitions(s, MEAN * s + STD * z, none, s, none, torch.arange(len(s)))


def learned(advantage, of: Transitions, beta: float, steps: int) -> Extraction:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        actor = Actor(1, 1, 16, 1)
    recipe = IQLRecipe(beta=beta, most=100.0, actor_lr=3e-2)
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


@pytest.mark.parametrize("most", [1.0, 100.0])
def test_nothing_counts_more_than_the_most(most):
    recipe = IQLRecipe(beta=BETA, most=most)
    great = Extraction(recipe, Run(1), Actor(1, 1, 4, 1), lambda of: 1e6 * of.s[:, 0])
    # In one of the two states, and not at all in the other.
    assert great.update(normal())["weight"] == pytest.approx(most / 2)


def bandit(n: int) -> Transitions:
    """One state; r = 1 - |a - .5|, and actions anywhere in -1 to 1."""
    a = 2 * torch.rand(n, 1, generator=torch.Generator().manual_seed(0)) - 1
    r, s = 1 - (a - 0.5).abs().squeeze(1), torch.zeros(n, 1)
    return Transitions(s, a, r, s, torch.ones(n), torch.arange(n))


def learning(recipe: IQLRecipe, steps: int, of: Transitions) -> JudgeLearning:
    run = Run(steps, torch.Generator().manual_seed(0))
    return JudgeLearning(recipe, run, recipe.judge("s", 1, 1, run), of)


def late(n: int) -> Transitions:
    """Two steps each: what the first is worth, 1 - |a - .5|, is paid for the second."""
    now, then = bandit(n), bandit(n)
    pair = zip(
        (now.s, now.a, torch.zeros(n), then.s + 1, torch.zeros(n)),
        (then.s + 1, torch.zeros(n, 1), now.r, then.s, torch.ones(n)),
        strict=True,
    )
    both = [torch.stack(of, 1).flatten(0, 1) for of in pair]
    return Transitions(*both, torch.arange(2 * n))


@pytest.mark.parametrize(
    ("beta", "lam", "best"), [(0.0, 1.0, 0.0), (30.0, 0.0, 0.0), (30.0, 1.0, 0.5)]
)
def test_over_steps_an_action_is_paid_for_what_comes_of_it(beta, lam, best):
    """V cannot tell: the second state is the same whatever was done."""
    recipe = IQLRecipe(
        lr=1e-2,
        target_rate=0.2,
        width=16,
        depth=1,
        beta=beta,
        most=100.0,
        lam=lam,
        actor_share=0.5,
        actor_lr=3e-2,
    )
    judge = learning(recipe, 400, late(256))
    for _ in range(400):
        judge.update(late(256))
    found = judge.extraction.actor(torch.zeros(1, 1)).detach()
    assert float(found) == pytest.approx(best, abs=0.15)


def test_the_actor_learns_after_what_it_learns_from():
    judge = learning(IQLRecipe(width=8, actor_share=0.25), 8, bandit(64))
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
        made = learning(recipe, 12, bandit(64))
        for i in range(12):
            if i == stop:
                state = made.state_dict()
                made = learning(recipe, 12, bandit(64))
                made.load_state_dict(state)
            made.update(bandit(64))
        return made

    assert same_state(run(None).state_dict(), run(stop).state_dict())

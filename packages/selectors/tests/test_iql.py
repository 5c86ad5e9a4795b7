"""Against values that can be solved for."""

import numpy as np
import pytest
import torch
from scipy.stats import expectile
from torch import nn

from onehop_interfaces.learning import Run
from onehop_selectors import IQL, IQLRecipe, Transitions, expectile_loss

STATES, ACTIONS, GAMMA = 4, 3, 0.9


class Linear(nn.Module):
    """Linear in features: of a state alone, or twice of a state and an action."""

    def __init__(self, features, size: int) -> None:
        super().__init__()
        self.features, self.w = features, nn.Parameter(torch.zeros(size))

    def forward(self, *given):
        values = self.features(*given) @ self.w
        return values if len(given) == 1 else torch.stack([values, values])


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
def test_what_the_loss_is_least_at_is_the_expectile(tau):
    x = torch.randn(4_000, generator=torch.Generator().manual_seed(0)).double()
    m = torch.zeros((), dtype=torch.float64, requires_grad=True)
    newton = torch.optim.LBFGS([m], line_search_fn="strong_wolfe", max_iter=50)

    def loss():
        newton.zero_grad()
        value = expectile_loss(x - m, tau).mean()
        value.backward()
        return value

    newton.step(loss)
    assert float(m.detach()) == pytest.approx(expectile(x.numpy(), tau), abs=1e-5)


class Finite:
    """A decision process of four states, whose data hold each action so often."""

    rng = np.random.default_rng(0)
    follows = rng.integers(STATES, size=(STATES, ACTIONS))
    reward = rng.normal(size=(STATES, ACTIONS))
    ended = rng.random((STATES, ACTIONS)) < 0.2
    often = rng.integers(1, 6, size=(STATES, ACTIONS))

    def exact(self, tau: float) -> np.ndarray:
        """Q where V is the expectile over the data's actions, by iteration."""
        q = np.zeros((STATES, ACTIONS))
        for _ in range(400):
            v = [
                expectile(q[s], tau, weights=self.often[s].astype(float))
                for s in range(STATES)
            ]
            q = self.reward + GAMMA * (1 - self.ended) * np.array(v)[self.follows]
        return q

    def data(self) -> Transitions:
        s, a = (
            np.repeat(index.ravel(), self.often.ravel())
            for index in np.indices((STATES, ACTIONS))
        )
        eye, aye = torch.eye(STATES), torch.eye(ACTIONS)
        return Transitions(
            eye[s],
            aye[a],
            torch.tensor(self.reward[s, a], dtype=torch.float32),
            eye[self.follows[s, a]],
            torch.tensor(self.ended[s, a], dtype=torch.float32),
            torch.arange(len(s)),
        )


@pytest.mark.parametrize("tau", [0.5, 0.9])
def test_a_finite_process_is_valued_exactly(tau):
    def pair(s, a):
        return (s[..., :, None] * a[..., None, :]).flatten(-2)

    recipe = IQLRecipe(tau=tau, gamma=GAMMA, lr=0.1, target_rate=0.3)
    q, v = Linear(pair, STATES * ACTIONS), Linear(lambda s: s, STATES)
    iql = IQL(recipe, Run(800), q, v)
    data = Finite().data()
    for _ in range(800):
        iql.update(data)
    came = q.w.detach().view(STATES, ACTIONS).numpy()
    np.testing.assert_allclose(came, Finite().exact(tau), atol=0.02)


def test_a_linear_system_with_quadratic_costs_is_valued_as_algebra_says():
    """s' = .9 s + .5 a, r = -(s^2 + .1 a^2), a = -.5 s + .3 z; V = p s^2 + c at .5."""
    p = -1.025 / (1 - GAMMA * 0.65**2)
    c = (-0.1 * 0.3**2 + GAMMA * 0.15**2 * p) / (1 - GAMMA)
    exact = [-1 + GAMMA * p * 0.81, -0.1 + GAMMA * p * 0.25, GAMMA * p * 0.9, GAMMA * c]
    # Three points have a normal number's mean and variance, so that sums are exact.
    z = torch.tensor([0.0] * 4 + [3**0.5, -(3**0.5)])
    s, z = torch.cartesian_prod(torch.linspace(-1, 1, 128), z)[:, :, None].unbind(1)
    a = -0.5 * s + 0.3 * z
    r = -(s.square() + 0.1 * a.square()).squeeze(1)
    data = Transitions(
        s, a, r, 0.9 * s + 0.5 * a, torch.zeros(len(s)), torch.arange(len(s))
    )

    def of_both(s, a):
        return torch.cat([s * s, a * a, s * a, torch.ones_like(s)], -1)

    q = Linear(of_both, 4)
    v = Linear(lambda s: torch.cat([s * s, torch.ones_like(s)], -1), 2)
    recipe = IQLRecipe(tau=0.5, gamma=GAMMA, lr=5e-2, target_rate=0.3)
    iql = IQL(recipe, Run(1_500), q, v)
    for _ in range(1_500):
        iql.update(data)
    torch.testing.assert_close(q.w.data, torch.tensor(exact), atol=0.02, rtol=0)
    torch.testing.assert_close(v.w.data, torch.tensor([p, c]), atol=0.02, rtol=0)


def test_the_end_of_a_task_is_worth_nothing_more():
    """And where a recording merely stopped, what follows is."""
    s = torch.zeros(8, 1)
    for ended, worth in ((1.0, 1.0), (0.0, 10.0)):
        data = Transitions(
            s, s, torch.ones(8), s, torch.full((8,), ended), torch.arange(8)
        )
        q = Linear(lambda s, a: torch.ones_like(s), 1)
        v = Linear(torch.ones_like, 1)
        recipe = IQLRecipe(tau=0.5, gamma=GAMMA, lr=0.1, target_rate=0.5)
        iql = IQL(recipe, Run(600), q, v)
        for _ in range(600):
            iql.update(data)
        assert float(q.w.detach()) == pytest.approx(worth, rel=0.02)

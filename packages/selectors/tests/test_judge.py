"""A judge values states and actions in their own units."""

import pytest
import torch

from onehop_interfaces import BadInput, Signature
from onehop_interfaces.acting import decide
from onehop_interfaces.learning import Run
from onehop_selectors import (
    ActorPolicy,
    IQLRecipe,
    Judge,
    QSelector,
    Transitions,
    VSelector,
)


def judge(seed: int = 0) -> Judge:
    run = Run(1, torch.Generator().manual_seed(seed))
    made = IQLRecipe(width=8, depth=1).judge("s", 2, 1, run)
    made.fit(torch.randn(50, 2) * 7 + 3, torch.tensor([-20.0, 80.0]))
    return made


def test_its_units_are_those_of_the_data():
    of = torch.randn(500, 2).double() * torch.tensor([3.0, 0.2]) + 5
    made = judge()
    made.fit(of, torch.tensor([10.0, 260.0, 60.0]))
    steps = Transitions(
        of, of[:, :1], torch.full((500,), 2.5), of, torch.zeros(500), torch.arange(500)
    )
    seen = made.normal(steps)
    torch.testing.assert_close(
        seen.s.mean(0), torch.zeros(2).double(), atol=1e-5, rtol=0
    )
    torch.testing.assert_close(seen.s.std(0), torch.ones(2).double(), atol=2e-3, rtol=0)
    # The best return is 1000 above the worst.
    torch.testing.assert_close(seen.r, torch.full((500,), 10.0))
    torch.testing.assert_close(seen.s_next, seen.s)


def test_what_does_not_move_stays_and_returns_have_to_differ():
    made = judge()
    made.fit(torch.ones(5, 2), torch.tensor([0.0, 1.0]))
    assert bool(made.v(torch.ones(1, 2)).isfinite())
    with pytest.raises(BadInput, match="returns: expected some that differ, got 3"):
        made.fit(torch.ones(5, 2), torch.tensor([3.0, 3.0]))


def test_its_networks_see_normal_states_and_actions_that_can_be():
    made, s = judge(), torch.randn(4, 2) * 7
    normal = (s - made.mean) / made.std
    torch.testing.assert_close(made.v(s), made.value(normal))
    a = torch.tensor([[0.5], [-0.5], [4.0], [-4.0]])
    both = made.critic(normal, torch.tensor([[0.5], [-0.5], [1.0], [-1.0]]))
    torch.testing.assert_close(made.q(s, a), both)


def test_a_plan_is_scored_by_the_lower_critic_of_the_action_for_now():
    made = judge()
    signature = Signature({"s": (2,)}, 1, 4, 1, action_dim=1, state_dim=2, now=1)
    plans, obs = torch.randn(3, 5, 4, 3), {"s": torch.randn(3, 1, 2)}
    scores = QSelector(made, signature)(plans, obs)
    for b in range(3):
        for n in range(5):
            both = made.q(obs["s"][b, 0], plans[b, n, 1, 2:])
            torch.testing.assert_close(scores[b, n], both.min())


def test_the_actor_is_a_policy_without_chance():
    made, obs = judge(), {"s": torch.randn(3, 1, 2)}
    policy = ActorPolicy(made)
    torch.testing.assert_close(decide(policy, obs), decide(policy, obs))
    torch.testing.assert_close(decide(policy, obs)[:, 0], made.act(obs["s"][:, 0]))


def test_a_config_makes_it_again():
    made = judge()
    again = Judge.from_config(made.config())
    again.load_state_dict(made.state_dict())
    s = torch.randn(3, 2)
    torch.testing.assert_close(again.v(s), made.v(s))
    for bad in ({}, {**made.config(), "width": 0}, {**made.config(), "name": 3}):
        with pytest.raises(BadInput, match="judge"):
            Judge.from_config(bad)


def test_a_plan_is_scored_by_the_value_of_the_state_it_ends_in():
    made = judge()
    signature = Signature({"s": (2,)}, 1, 4, 1, action_dim=1, state_dim=2, now=1)
    plans, obs = torch.randn(3, 5, 4, 3), {"s": torch.randn(3, 1, 2)}
    scores = VSelector(made, signature)(plans, obs)
    assert scores.shape == (3, 5)
    for b in range(3):
        for n in range(5):
            torch.testing.assert_close(scores[b, n], made.v(plans[b, n, 3, :2]))

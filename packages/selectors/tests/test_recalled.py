"""A policy that does what the data did near by."""

import pytest
import torch

from onehop_interfaces import BadInput
from onehop_selectors import BestOf, Recalled


def recalled(nearest: int) -> Recalled:
    """At whole numbers along two axes; the second is ten times as wide."""
    draw = torch.Generator().manual_seed(0)
    states = torch.randint(-20, 21, (500, 2), generator=draw) * torch.tensor([1.0, 10])
    return Recalled("state", states, torch.arange(500.0)[:, None], nearest)


@pytest.mark.parametrize("nearest", [1, 5])
def test_it_acts_as_one_of_the_nearest_did(nearest: int) -> None:
    policy = recalled(nearest)
    draw = torch.Generator().manual_seed(1)
    seen = torch.randn(3, 2, generator=draw) * torch.tensor([5.0, 50.0])
    many = seen.repeat_interleave(400, 0)
    noise = torch.randn(1200, 1, generator=draw)
    did = policy.act({"state": many[:, None]}, noise).view(3, 400)
    for state, actions in zip(seen, did, strict=True):
        off = (policy.states * policy.std - state) / policy.std
        near = off.square().sum(1).argsort()[:nearest].float()
        assert set(actions.tolist()) == set(near.tolist())
        # Each as often as the others: of 400, 80 and 4 standard deviations.
        counts = torch.unique(actions, return_counts=True)[1]
        assert (counts - 400 / nearest).abs().max() <= 4 * (400 * 0.2 * 0.8) ** 0.5


def test_the_best_of_many_is_the_best_of_the_nearest() -> None:
    policy = recalled(4)
    best = BestOf(policy, lambda plans, obs: plans[:, :, 0, 0], 64)
    obs = {"state": torch.zeros(2, 1, 2)}
    noise = torch.randn(2, *best.noise, generator=torch.Generator().manual_seed(2))
    near = policy.states.square().sum(1).argsort()[:4]
    assert best.act(obs, noise).flatten().tolist() == [float(near.max())] * 2


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(BadInput, match="nearest: expected 1 to 500, got 501"):
        recalled(501)

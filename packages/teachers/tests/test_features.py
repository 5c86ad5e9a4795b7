import pytest
import torch
from torch import nn
from torch.testing import assert_close

from onehop_interfaces import BadInput
from onehop_teachers import (
    Flatten,
    RelativeActions,
    RelativeKeypoints,
    ScaledActions,
    Standardise,
    check_statistics,
)


def identity(module: nn.Module) -> None:
    """Statistics that change nothing."""
    for part in module.modules():
        if isinstance(part, Standardise):
            part.mean.zero_()
            part.std.fill_(1.0)


def test_relative_keypoints_by_hand() -> None:
    encoder = RelativeKeypoints("keypoints", keypoints=2, n_obs=2)
    identity(encoder)
    before = [10.0, 20.0, 30.0, 40.0, 1.0, 2.0]
    now = [11.0, 22.0, 33.0, 44.0, 5.0, 7.0]
    cond = encoder({"keypoints": torch.tensor([[before, now]])})
    relative, velocity = [6.0, 15.0, 28.0, 37.0], [1.0, 2.0, 3.0, 4.0, 4.0, 5.0]
    assert_close(cond, torch.tensor([[*relative, *now, *velocity]]), rtol=0, atol=0)
    assert encoder.cond_dim == cond.shape[1]


@pytest.mark.parametrize("n_obs", [1, 3])
def test_cond_dim(n_obs: int) -> None:
    encoder = RelativeKeypoints("k", keypoints=9, n_obs=n_obs)
    obs = {"k": torch.randn(5, n_obs, 20)}
    encoder.fit(obs)
    assert encoder(obs).shape == (5, encoder.cond_dim)


def test_flatten_takes_the_observations_named_in_their_order() -> None:
    encoder = Flatten({"b": (2,), "a": ()}, n_obs=2)
    identity(encoder)
    obs = {
        "a": torch.tensor([[1.0, 2.0]]),
        "b": torch.tensor([[[3.0, 4.0], [5.0, 6.0]]]),
        "c": torch.full((1, 2), torch.nan),
    }
    expected = torch.tensor([[3.0, 4.0, 5.0, 6.0, 1.0, 2.0]])
    assert_close(encoder(obs), expected, rtol=0, atol=0)
    assert encoder.cond_dim == 6


@pytest.mark.parametrize(
    "actions",
    [ScaledActions(2), RelativeActions("k", 2)],
    ids=lambda a: type(a).__name__,
)
def test_action_spaces_have_unit_variance_and_an_inverse(actions: nn.Module) -> None:
    assert isinstance(actions, ScaledActions | RelativeActions)
    torch.manual_seed(0)
    obs = {"k": 100 * torch.randn(500, 2, 6)}
    taken = 250 + 60 * torch.randn(500, 4, 2) + obs["k"][:, -1:, -2:]
    actions.fit(taken, obs)
    x = actions(taken, obs)
    assert_close(x.mean((0, 1)), torch.zeros(2), rtol=0, atol=1e-4)
    assert_close(x.std((0, 1), correction=0), torch.ones(2), rtol=1e-4, atol=0)
    assert_close(actions.inverse(x, obs), taken, rtol=1e-5, atol=1e-3)


def test_relative_actions_start_where_the_agent_is_now() -> None:
    actions = RelativeActions("k", 2)
    identity(actions)
    obs = {"k": torch.tensor([[[0.0, 9.0, 9.0], [0.0, 3.0, 4.0]]])}
    x = actions(torch.tensor([[[3.0, 4.0], [5.0, 3.0]]]), obs)
    assert_close(x, torch.tensor([[[0.0, 0.0], [2.0, -1.0]]]), rtol=0, atol=0)


@pytest.mark.parametrize("space", [ScaledActions(2), RelativeActions("k", 2)])
def test_a_constant_action_comes_back_to_the_last_bit(space: nn.Module) -> None:
    """A gripper held at .08 beside an axis that moves, whatever x a network makes."""
    assert isinstance(space, ScaledActions | RelativeActions)
    g = torch.Generator().manual_seed(0)
    actions = torch.full((100, 4, 2), 0.08)
    actions[..., 0] = torch.randn(100, 4, generator=g)
    obs = {"k": torch.zeros(100, 1, 2)}
    space.fit(actions, obs)
    x = space(actions, obs)
    assert torch.equal(x[..., 1], torch.zeros(100, 4))
    made = space.inverse(x + torch.randn(x.shape, generator=g), obs)
    assert torch.equal(made[..., 1], actions[..., 1])
    assert_close(space.inverse(x, obs), actions, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "spread", "constant"),
    [
        (7.0, 1e-5, True),  # a joint at 7 rad and its sensor's noise
        (500.0, 3e-5, True),  # a pixel and its rounding
        (0.0, 0.0, True),
        (1e3, 0.0, True),
        (0.5, 1e-4, False),  # .1 mm at half a metre
        (0.5, 1e-3, False),
        (0.0, 1e-9, False),
    ],
)
def test_a_constant_is_what_spreads_little_next_to_its_size(
    size: float, spread: float, constant: bool
) -> None:
    g = torch.Generator().manual_seed(0)
    values = size + spread * torch.randn(10_000, 1, generator=g, dtype=torch.float64)
    standardise = Standardise(1).double()
    standardise.fit(values)
    std = torch.zeros(1) if constant else values.std(0, correction=0).float()
    assert_close(standardise.std.float(), std, rtol=1e-6, atol=0)
    unseen = standardise(values + 10 * spread)
    assert_close(float(unseen.std()), float(not constant), rtol=0.01, atol=0)


def test_a_constant_observation_is_not_looked_at() -> None:
    encoder = Flatten({"state": (2,)}, n_obs=1)
    seen = torch.tensor([[[1e3, 0.0]], [[1e3, 2.0]]])
    encoder.fit({"state": seen})
    unseen = torch.tensor([[[999.0, 1.0]]])
    assert torch.equal(encoder({"state": unseen}), torch.zeros(1, 2))


@pytest.mark.parametrize("bad", [torch.empty(0, 2), torch.tensor([[1.0, torch.nan]])])
def test_fit_refuses(bad: torch.Tensor) -> None:
    with pytest.raises(BadInput, match="expected finite values"):
        Standardise(2).fit(bad)


@pytest.mark.parametrize(
    ("mean", "std"),
    [(0.0, float("nan")), (0.0, -1.0), (float("nan"), 1.0), (0.0, float("inf"))],
)
def test_check_statistics_names_the_place(mean: float, std: float) -> None:
    module = nn.ModuleDict({"good": Standardise(1), "bad": Standardise(1)})
    identity(module)
    check_statistics(module)
    module["bad"].mean.fill_(mean)
    module["bad"].std.fill_(std)
    with pytest.raises(BadInput, match=r"^here: bad: expected fitted statistics"):
        check_statistics(module, ["here"])


def test_statistics_start_unfitted() -> None:
    with pytest.raises(BadInput, match="missing"):
        check_statistics(Flatten({"state": (2,)}, 1))

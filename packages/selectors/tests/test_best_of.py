"""Which plan is carried out."""

import math

import pytest
import torch
from torch import Tensor

from onehop_interfaces import BadInput, Signature
from onehop_interfaces.acting import OneCall, decide
from onehop_interfaces.exact import CosineVP, MixtureTeacher
from onehop_interfaces.testing import SmallDenoiser, check_policy
from onehop_selectors import BestOf, first_best

OBS = {"state": torch.zeros(1, 1, 1)}


def mixture() -> MixtureTeacher:
    return MixtureTeacher(
        torch.tensor([0.3, 0.7]),
        torch.tensor([[-1.0, 0.0], [1.0, 0.5]]),
        torch.eye(2).expand(2, 2, 2),
        0.1**2 * torch.eye(2).expand(2, 2, 2),
        schedule=CosineVP(),
    )


class Exact:
    """The exact mixture as a policy: noise picks a mode, and a place around it."""

    signature = Signature({"state": (1,)}, 1, horizon=2, n_action=1, action_dim=2)
    nfe, noise = 1, (2, 2)

    def act(self, obs, noise: Tensor) -> Tensor:
        share = 0.5 * (1 + torch.erf(noise[:, 1, 0] / math.sqrt(2)))
        means = torch.tensor([[-1.0, 0.0], [1.0, 0.5]])
        first = means[(share > 0.3).long()] + 0.1 * noise[:, 0]
        return torch.stack([first, torch.zeros_like(first)], 1)


def height(plans: Tensor, obs) -> Tensor:
    """A score with two modes and a tail."""
    return plans[:, :, 0, 0] + 0.3 * plans[:, :, 0, 1]


@pytest.mark.parametrize("n", [1, 2, 4, 16])
def test_the_best_of_n_scores_as_order_statistics_say(n):
    """E max = int x d(F^n), F from a million exact samples."""
    draw = torch.Generator().manual_seed(0)
    many = Exact().act({}, torch.randn(1_000_000, 2, 2, generator=draw))
    scores = height(many[:, None], {}).flatten().double().sort().values
    below = torch.linspace(0, 1, len(scores) + 1, dtype=torch.float64) ** n
    expected = float((scores * below.diff()).sum())
    obs = {"state": torch.zeros(8_000, 1, 1)}
    taken = decide(BestOf(Exact(), height, n), obs, torch.Generator().manual_seed(1))
    came = height(taken[:, None], obs).flatten().double()
    assert abs(float(came.mean()) - expected) < 4 * float(came.std()) / 8_000**0.5


class Sampled(Exact):
    """Draws three chunks of noise for a decision, as a sampler does."""

    noise = (3, 2, 2)

    def act(self, obs, noise: Tensor) -> Tensor:
        return (noise * torch.tensor([1.0, 10.0, 100.0])[:, None, None]).sum(1)


@pytest.mark.parametrize("policy", [Exact(), Sampled()], ids=["one call", "several"])
def test_one_candidate_is_the_policy_and_the_first_of_many(policy):
    alone = decide(policy, OBS, torch.Generator().manual_seed(5))
    for n in (1, 7):
        first = BestOf(policy, lambda plans, obs: torch.zeros(plans.shape[:2]), n)
        plan = decide(first, OBS, torch.Generator().manual_seed(5))
        torch.testing.assert_close(plan, alone)


@pytest.mark.parametrize(
    ("scores", "taken"),
    [
        ([1.0, 3.0, 2.0], 1),
        ([2.0, 3.0, 3.0], 1),
        ([math.nan, 1.0, 2.0], 2),
        ([math.nan, -math.inf, math.nan], 0),
        ([math.nan] * 3, 0),
        ([-math.inf] * 3, 0),
        ([1.0, math.inf, math.inf], 1),
    ],
)
def test_ties_and_scores_that_say_nothing(scores, taken):
    assert first_best(torch.tensor([scores, [0.0, 0.0, 1.0]])).tolist() == [taken, 2]


@pytest.mark.parametrize("n", [1, 3])
def test_it_is_a_policy(n):
    student = OneCall(SmallDenoiser(mixture(), cond_dim=2))
    policy = BestOf(student, height, n)
    assert (policy.nfe, policy.noise) == (1, (n, *student.noise))
    check_policy(policy, {"state": torch.randn(3, 1, 2)})


def test_an_observation_is_encoded_once():
    seen, student = [], OneCall(SmallDenoiser(mixture(), cond_dim=2))
    encode = student.net.encode
    student.net.encode = lambda obs: seen.append(len(obs["state"])) or encode(obs)
    obs, noise = {"state": torch.randn(2, 1, 2)}, torch.randn(2, 5, *student.noise)
    plans = BestOf(student, height, 5).act(obs, noise)
    assert seen == [2]
    each = [student.act(obs, noise[:, i]) for i in range(5)]
    scores = height(torch.stack(each, 1), obs)
    for row in range(2):
        best = each[int(scores[row].argmax())][row]
        torch.testing.assert_close(plans[row], best)


def test_nothing_to_choose_from_is_refused():
    with pytest.raises(BadInput, match="candidates: expected 1 or more, got 0"):
        BestOf(Exact(), height, 0)

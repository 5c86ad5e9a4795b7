import itertools

import pytest
import torch

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.testing import random_obs
from onehop_koopman_fdk import (
    FromTeacher,
    Temperatures,
    endpoint,
    quantile_weights,
)

SCHEDULES = [CosineVP(), DiscreteVP(400), VarianceExploding(0.01, 40.0)]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_endpoint_converges_to_the_closed_form_at_first_order(
    schedule, gaussian, exact_map
):
    teacher = gaussian(schedule).double()
    cond = torch.full((64, 1), 0.5, dtype=torch.float64)
    prior = torch.randn(64, 1, 2, dtype=torch.float64)
    expected = exact_map(teacher, prior, cond)
    errors = [
        float((endpoint(teacher, prior, cond, steps) - expected).norm(dim=-1).mean())
        for steps in (20, 40, 80)
    ]
    ratios = [coarse / fine for coarse, fine in itertools.pairwise(errors)]
    assert errors[-1] < 0.03
    assert all(1.6 < ratio < 2.4 for ratio in ratios), ratios


def test_temperatures_are_drawn_by_their_probabilities():
    draw = torch.Generator().manual_seed(0)
    temperatures = Temperatures((0.5, 2.0), (3, 1))
    prior = temperatures.prior(torch.empty(4000, 8, 2), draw)
    spread = prior.flatten(1).std(1)
    warm = spread > 1.1
    assert float(warm.float().mean()) == pytest.approx(0.25, abs=0.03)
    assert float(prior[~warm].std()) == pytest.approx(0.5, rel=0.02)
    assert float(prior[warm].std()) == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize(
    ("tau", "probabilities"),
    [((), ()), ((1.0,), (0.5, 0.5)), ((0.0,), (1.0,)), ((1.0,), (0.0,))],
)
def test_impossible_temperatures_are_refused(tau, probabilities):
    with pytest.raises(BadInput, match="temperatures: expected"):
        Temperatures(tau, probabilities)


def test_weights_are_ranks_around_one():
    weight = quantile_weights(torch.tensor([3.0, -1e6, 7.0, 4.0]))
    torch.testing.assert_close(weight, torch.tensor([0.875, 0.625, 1.375, 1.125]))


def test_a_score_weighs_the_pairs(mixture):
    teacher = mixture()
    source = FromTeacher(teacher, steps=2, score=lambda x, cond: x[:, 0, 0])
    batch = Batch(random_obs(teacher.signature, 9), torch.empty(9, 1, 2))
    pairs = source(batch, torch.Generator())
    assert torch.equal(pairs.weight.argsort(), pairs.x[:, 0, 0].argsort())
    assert float(pairs.weight.mean()) == pytest.approx(1.0)

"""Tables of noise: diffusers' schedulers are the authority."""

import json

import pytest
import torch
from diffusers import DDPMScheduler
from torch.testing import assert_close

from onehop_interfaces import BadInput
from onehop_interfaces.testing import check_schedule
from onehop_teachers import (
    Betas,
    Laplace,
    LinearBetas,
    ScaledLinearBetas,
    SigmoidBetas,
    SquaredCosine,
    TrainedBetas,
    from_config,
    to_config,
)

RANGE = (1e-3, 0.05)
TABLES = {
    "squaredcos_cap_v2": SquaredCosine,
    "laplace": Laplace,
    "linear": lambda steps: LinearBetas(steps, *RANGE),
    "scaled_linear": lambda steps: ScaledLinearBetas(steps, *RANGE),
    "sigmoid": lambda steps: SigmoidBetas(steps, *RANGE),
    "trained": lambda steps: TrainedBetas(torch.linspace(0.01, 0.03, steps).tolist()),
}
CLASSES = (
    *(SquaredCosine, Laplace, LinearBetas, ScaledLinearBetas),
    *(SigmoidBetas, TrainedBetas),
)


def theirs(name: str, steps: int) -> torch.Tensor:
    options = {"beta_start": RANGE[0], "beta_end": RANGE[1]}
    if name == "trained":
        betas = torch.linspace(0.01, 0.03, steps).tolist()
        return DDPMScheduler(steps, trained_betas=betas).alphas_cumprod
    return DDPMScheduler(steps, beta_schedule=name, **options).alphas_cumprod


@pytest.mark.parametrize("steps", [20, 100, 1000])
@pytest.mark.parametrize("name", TABLES)
def test_tables_are_diffusers(name: str, steps: int) -> None:
    t = torch.arange(steps, dtype=torch.float64)
    alpha, sigma = TABLES[name](steps)(t)
    assert_close(alpha.square(), theirs(name, steps).double(), rtol=1e-4, atol=1e-6)
    assert_close(alpha**2 + sigma**2, torch.ones_like(t), rtol=1e-14, atol=0)


@pytest.mark.parametrize("steps", [20, 1000])
@pytest.mark.parametrize("name", TABLES)
def test_tables_conform(name: str, steps: int) -> None:
    check_schedule(TABLES[name](steps))


@pytest.mark.parametrize("name", TABLES)
def test_tables_survive_json(name: str) -> None:
    table: Betas = TABLES[name](30)
    config = json.loads(json.dumps(to_config(table)))
    again = from_config(config, CLASSES, "schedule")
    assert again == table
    assert hash(again) == hash(table)


def test_a_table_by_the_product_of_its_betas() -> None:
    alpha, sigma = TrainedBetas((0.19, 0.64))(torch.tensor([0.0, 1.0]).double())
    assert_close(
        alpha, torch.tensor([0.9, 0.54], dtype=torch.float64), rtol=1e-14, atol=0
    )
    assert sigma[0].item() ** 2 == pytest.approx(0.19, rel=1e-14)


def test_tables_of_other_kinds_are_not_the_same() -> None:
    """They are looked up by what they are."""
    last = torch.tensor([99.0])
    levels = [kind(100, *RANGE)(last)[0] for kind in (LinearBetas, SigmoidBetas)]
    assert levels[0] != levels[1]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: LinearBetas(0), "LinearBetas.steps: expected a whole number"),
        (lambda: LinearBetas(10, 0.2, 0.1), "beta_start 0.2, beta_end 0.1"),
        (lambda: SigmoidBetas(10, 0.0, 0.1), "beta_start 0.0"),
        (lambda: ScaledLinearBetas(10, 0.1, 1.0), "beta_end 1.0"),
        (lambda: LinearBetas(1000, 0.5, 0.9), "expected signal of at least 1e-12"),
        (lambda: TrainedBetas([]), "TrainedBetas.steps: expected a whole number"),
        (lambda: TrainedBetas([0.1, 1.0]), "above 0 and below 1, got 1.0"),
        (lambda: TrainedBetas([0.1, "a"]), "expected a number, got 'a'"),
        (lambda: TrainedBetas("0.1"), "expected numbers, got '0.1'"),
    ],
)
def test_tables_that_are_none_are_one_line(make: object, line: str) -> None:
    assert callable(make)
    with pytest.raises(BadInput, match=line) as error:
        make()
    assert "\n" not in str(error.value)

import pytest
import torch
from diffusers import EDMEulerScheduler
from torch.testing import assert_close

from onehop_interfaces import BadInput, Schedule
from onehop_interfaces.testing import check_schedule
from onehop_teachers import EDM, Cosine, Flow, SquaredCosine

SCHEDULES = [
    *(SquaredCosine(), SquaredCosine(1000)),
    *(Cosine(), Flow(), EDM(), EDM(0.01, 5.0, 3.0)),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_conforms(schedule: Schedule) -> None:
    check_schedule(schedule)


def test_squared_cosine_ends_where_the_paper_says() -> None:
    alpha, sigma = SquaredCosine(100)(torch.tensor([0.0, 99.0]))
    assert_close(sigma[0] / alpha[0], torch.tensor(0.0251), rtol=2e-3, atol=0)
    assert_close(sigma[1] / alpha[1], torch.tensor(2029.0), rtol=1e-3, atol=0)


@pytest.mark.parametrize("steps", [2, 18, 80])
def test_edm_takes_karras_steps(steps: int) -> None:
    reference = EDMEulerScheduler(sigma_min=0.002, sigma_max=80.0, rho=7.0)
    reference.set_timesteps(steps)
    grid = torch.tensor(EDM().domain.grid(steps), dtype=torch.float64)
    alpha, sigma = EDM()(grid)
    assert_close(sigma, reference.sigmas[:-1].double(), rtol=1e-5, atol=0)
    assert_close(alpha, torch.ones_like(alpha), rtol=0, atol=0)


def test_edm_time_of_inverts() -> None:
    t = torch.linspace(0, 1, 33, dtype=torch.float64)
    assert_close(EDM().time_of(EDM()(t)[1]), t, rtol=0, atol=1e-12)
    assert_close(
        EDM().time_of(torch.tensor([1e-9, 1e9])),
        torch.tensor([0.0, 1.0]),
        rtol=0,
        atol=0,
    )


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_levels_have_the_type_of_t(schedule: Schedule, dtype: torch.dtype) -> None:
    alpha, sigma = schedule(torch.full((3,), schedule.domain.t_max, dtype=dtype))
    assert alpha.dtype == sigma.dtype == dtype


def test_a_table_made_while_acting_can_be_trained_with() -> None:
    schedule, t = SquaredCosine(37), torch.tensor([3.0])
    with torch.inference_mode():
        schedule(t)
    x = torch.ones(1, requires_grad=True)
    alpha, _ = schedule(t)
    (alpha * x).sum().backward()
    assert x.grad is not None
    assert_close(x.grad, alpha, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: SquaredCosine(0), "SquaredCosine.steps"),
        (lambda: Cosine(0.5, 0.1), "t_min 0.5"),
        (lambda: Cosine(0.0, 0.9), "t_min 0.0"),
        (lambda: Flow(0.1, 1.0), "Flow: expected .* t_max 1.0"),
        (lambda: EDM(1.0, 0.5), "sigma_min 1.0"),
        (lambda: EDM(rho=0.0), "rho 0.0"),
    ],
)
def test_refuses(make: object, named: str) -> None:
    assert callable(make)
    with pytest.raises(BadInput, match=named):
        make()

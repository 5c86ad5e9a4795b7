import pytest
import torch
from diffusers import DDPMScheduler
from torch import Tensor
from torch.testing import assert_close

from onehop_interfaces import BadInput, Schedule, expand, noisy
from onehop_teachers import (
    EDM,
    Cosine,
    Flow,
    Karras,
    Preconditioning,
    PredictEps,
    PredictFlow,
    PredictV,
    PredictX,
    SquaredCosine,
)
from onehop_teachers._preconditioning import c_time, flow_time

ALL = [PredictX(), PredictEps(), PredictV(), Karras(0.5), Karras(1.0)]
SCHEDULES = [SquaredCosine(), Cosine(), EDM()]


def draw(schedule: Schedule) -> tuple[Tensor, ...]:
    """x, eps and levels in double precision, all over the domain."""
    generator = torch.Generator().manual_seed(0)
    x, eps = torch.randn(2, 9, 4, 2, generator=generator, dtype=torch.float64)
    t = schedule.domain.at(torch.linspace(0, 1, 9, dtype=torch.float64))
    return x, eps, *schedule(t)


def target(
    preconditioning: Preconditioning,
    x: Tensor,
    eps: Tensor,
    alpha: Tensor,
    sigma: Tensor,
) -> Tensor:
    c_skip, c_out, _ = preconditioning(alpha, sigma)
    x_t = noisy(x, eps, alpha, sigma)
    return (x - expand(c_skip, x) * x_t) / expand(c_out, x)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_targets_are_the_textbooks(schedule: Schedule) -> None:
    x, eps, alpha, sigma = draw(schedule)
    r = expand((alpha**2 + sigma**2).sqrt(), x)
    v = (expand(alpha, x) * eps - expand(sigma, x) * x) / r
    assert_close(target(PredictX(), x, eps, alpha, sigma), x, rtol=1e-9, atol=1e-9)
    assert_close(target(PredictEps(), x, eps, alpha, sigma), eps, rtol=1e-9, atol=1e-9)
    assert_close(target(PredictV(), x, eps, alpha, sigma), v, rtol=1e-9, atol=1e-9)
    assert_close(target(Karras(1.0), x, eps, alpha, sigma), -v, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("schedule", [*SCHEDULES, Flow()], ids=str)
def test_a_flow_is_the_straight_line_of_any_schedule(schedule: Schedule) -> None:
    x, eps, alpha, sigma = draw(schedule)
    found = target(PredictFlow(), x, eps, alpha, sigma)
    assert_close(found, eps - x, rtol=1e-9, atol=1e-9)
    seen = expand(PredictFlow()(alpha, sigma).c_in, x) * noisy(x, eps, alpha, sigma)
    s = expand(sigma / (alpha + sigma), x)
    assert_close(seen, (1 - s) * x + s * eps, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("schedule", [Cosine(), EDM(), Flow()], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_flows_time_is_what_networks_are_told(
    schedule: Schedule, dtype: torch.dtype
) -> None:
    t = schedule.domain.at(torch.linspace(0, 1, 99, dtype=dtype))
    alpha, sigma = schedule(t)
    eps = torch.finfo(dtype).eps
    s = sigma / (alpha + sigma)
    assert_close(flow_time(c_time(schedule, t)), s, rtol=50 * eps, atol=0)
    assert_close(flow_time(-c_time(schedule, t)), 1 - s, rtol=50 * eps, atol=4 * eps)


def test_v_is_diffusers_velocity() -> None:
    x, eps, alpha, sigma = draw(SquaredCosine())
    scheduler = DDPMScheduler(100, beta_schedule="squaredcos_cap_v2")
    t = SquaredCosine().domain.at(torch.linspace(0, 1, 9)).long()
    reference = scheduler.get_velocity(x, eps, t)
    assert_close(
        target(PredictV(), x, eps, alpha, sigma), reference, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("s", [0.5, 1.0])
@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_karras_is_edm_in_coordinates_over_alpha(schedule: Schedule, s: float) -> None:
    """D(x_t / alpha; sigma / alpha) with the paper's table 1."""
    _, _, alpha, sigma = draw(schedule)
    level = sigma / alpha
    c_skip, c_out, c_in = Karras(s)(alpha, sigma)
    assert_close(c_skip * alpha, s**2 / (level**2 + s**2), rtol=1e-12, atol=0)
    assert_close(c_out, level * s / (level**2 + s**2).sqrt(), rtol=1e-12, atol=0)
    assert_close(c_in * alpha, 1 / (level**2 + s**2).sqrt(), rtol=1e-12, atol=0)


@pytest.mark.parametrize("preconditioning", ALL, ids=str)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_the_networks_input_has_unit_variance(
    schedule: Schedule, preconditioning: Preconditioning
) -> None:
    _, _, alpha, sigma = draw(schedule)
    c_in = preconditioning(alpha, sigma).c_in
    s = getattr(preconditioning, "sigma_data", 1.0)
    variance = c_in**2 * (alpha**2 * s**2 + sigma**2)
    assert_close(variance, torch.ones_like(variance), rtol=1e-12, atol=0)


@pytest.mark.parametrize("s", [0.5, 1.0])
@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_karras_target_has_unit_variance(schedule: Schedule, s: float) -> None:
    _, _, alpha, sigma = draw(schedule)
    c_skip, c_out, _ = Karras(s)(alpha, sigma)
    variance = ((1 - c_skip * alpha) ** 2 * s**2 + c_skip**2 * sigma**2) / c_out**2
    assert_close(variance, torch.ones_like(variance), rtol=1e-9, atol=0)


def test_c_time() -> None:
    t = torch.tensor([0.0, 50.0, 99.0])
    assert_close(c_time(SquaredCosine(), t), t, rtol=0, atol=0)
    t = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    c_noise = EDM()(t)[1].log() / 4  # the paper's
    assert_close(c_time(EDM(), t), 100 * c_noise, rtol=1e-12, atol=0)


@pytest.mark.parametrize("sigma_data", [0.0, -1.0, float("nan")])
def test_karras_refuses(sigma_data: float) -> None:
    with pytest.raises(BadInput, match="sigma_data"):
        Karras(sigma_data)

from collections.abc import Callable

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    EDMEulerScheduler,
    FlowMatchHeunDiscreteScheduler,
)
from torch import Tensor
from torch.testing import assert_close

from onehop_interfaces import Denoiser, Schedule, expand, velocity_of
from onehop_interfaces.drawing import spread
from onehop_interfaces.exact import DiscreteVP, MixtureTeacher, gaussian_teacher
from onehop_teachers import (
    EDM,
    Cosine,
    DiffusionTeacher,
    Karras,
    Preconditioning,
    PredictEps,
    PredictV,
    PredictX,
    Sampler,
    SquaredCosine,
    ddim,
    ddpm,
    euler,
    heun,
)

MakeTeacher = Callable[..., DiffusionTeacher]
PREDICTIONS = [
    ("epsilon", PredictEps()),
    ("sample", PredictX()),
    ("v_prediction", PredictV()),
]


def noise_and_cond(seed: int = 0, batch: int = 3) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    x_t = torch.randn(batch, 4, 2, generator=g, dtype=torch.float64)
    return x_t, torch.randn(batch, 6, generator=g, dtype=torch.float64)


def vp_reference(
    scheduler: DDPMScheduler | DDIMScheduler,
    teacher: DiffusionTeacher,
    steps: int,
    seed: int,
) -> Tensor:
    """Diffusers' loop around the raw network, with the table in double precision.

    That the tables agree is another test's business.
    """
    x_t, cond = noise_and_cond()
    table = teacher.schedule(torch.arange(100, dtype=torch.float64))[0] ** 2
    scheduler.alphas_cumprod = table
    scheduler.final_alpha_cumprod = torch.ones((), dtype=torch.float64)
    scheduler.set_timesteps(steps)
    g = torch.Generator().manual_seed(seed)
    for t in scheduler.timesteps:
        output = teacher.network(x_t, t.double().expand(len(x_t)), cond)
        x_t = scheduler.step(output, t, x_t, generator=g).prev_sample
    return x_t


@pytest.mark.parametrize(("prediction", "preconditioning"), PREDICTIONS)
@pytest.mark.parametrize("steps", [1, 7, 10, 100])
@torch.no_grad()
def test_ddpm_is_diffusers(
    make_teacher: MakeTeacher,
    prediction: str,
    preconditioning: Preconditioning,
    steps: int,
) -> None:
    teacher = make_teacher(SquaredCosine(100), preconditioning).double()
    scheduler = DDPMScheduler(
        100,
        beta_schedule="squaredcos_cap_v2",
        variance_type="fixed_small",
        clip_sample=False,
        prediction_type=prediction,
        timestep_spacing="trailing",
    )
    expected = vp_reference(scheduler, teacher, steps, seed=5)
    x_t, cond = noise_and_cond()
    g = torch.Generator().manual_seed(5)
    noise = [torch.empty_like(x_t).normal_(generator=g) for _ in range(steps - 1)]
    x = ddpm(teacher, x_t, cond, steps, noise)
    assert_close(x, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("prediction", "preconditioning"), PREDICTIONS)
@pytest.mark.parametrize("steps", [1, 4, 10, 100])
@torch.no_grad()
def test_ddim_is_diffusers(
    make_teacher: MakeTeacher,
    prediction: str,
    preconditioning: Preconditioning,
    steps: int,
) -> None:
    teacher = make_teacher(SquaredCosine(100), preconditioning).double()
    scheduler = DDIMScheduler(
        100,
        beta_schedule="squaredcos_cap_v2",
        clip_sample=False,
        set_alpha_to_one=True,
        prediction_type=prediction,
        timestep_spacing="trailing",
    )
    expected = vp_reference(scheduler, teacher, steps, seed=5)
    x = ddim(teacher, *noise_and_cond(), steps)
    assert_close(x, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 5, 18])
@torch.no_grad()
def test_euler_on_edm_is_diffusers(make_teacher: MakeTeacher, steps: int) -> None:
    teacher = make_teacher(EDM(), Karras(0.5)).double()
    scheduler = EDMEulerScheduler(sigma_min=0.002, sigma_max=80.0, sigma_data=0.5)
    scheduler.set_timesteps(steps)
    z, cond = noise_and_cond()
    x_t = 80 * z
    for t, sigma in zip(scheduler.timesteps, scheduler.sigmas[:-1], strict=True):
        scheduler.scale_model_input(x_t, t)
        u = EDM().time_of(sigma.double().expand(len(x_t)))
        x_t = scheduler.step(teacher.network(x_t, u, cond), t, x_t).prev_sample
    x = euler(teacher, 80 * z, cond, steps)
    assert_close(x, x_t, rtol=1e-4, atol=1e-4)  # the scheduler's levels are single


@pytest.mark.parametrize("schedule", [SquaredCosine(), Cosine(), EDM()], ids=str)
@pytest.mark.parametrize("steps", [1, 5, 20])
@torch.no_grad()
def test_heun_is_diffusers_in_straight_line_coordinates(
    make_teacher: MakeTeacher, schedule: Schedule, steps: int
) -> None:
    teacher = make_teacher(schedule, PredictV()).double()
    grid = torch.tensor(schedule.domain.grid(steps), dtype=torch.float64)
    alpha, sigma = schedule(grid)
    s = torch.cat((sigma / (alpha + sigma), torch.zeros(1)))
    scheduler = FlowMatchHeunDiscreteScheduler()
    # Heun's scheduler visits the start of every step but the first twice.
    twice = torch.cat((torch.zeros(1), torch.arange(1, steps).repeat_interleave(2)))
    order = twice.long()
    scheduler.sigmas = torch.cat((s[order], torch.zeros(1)))
    scheduler.timesteps = torch.arange(float(len(order)))
    scheduler.prev_derivative = scheduler.dt = None
    scheduler._step_index = 0

    z, cond = noise_and_cond()
    x_t = spread(schedule) * z
    state = x_t / (alpha[0] + sigma[0])
    for i, k in enumerate(order):
        now, t = state * (alpha[k] + sigma[k]), grid[k].expand(len(z))
        v = velocity_of(now, teacher(now, t, cond), alpha[k], sigma[k])
        state = scheduler.step(v, scheduler.timesteps[i], state).prev_sample
    assert_close(heun(teacher, x_t, cond, steps), state, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("schedule", [SquaredCosine(), Cosine(), EDM()], ids=str)
@torch.no_grad()
def test_euler_is_ddim(make_teacher: MakeTeacher, schedule: Schedule) -> None:
    teacher = make_teacher(schedule).double()
    z, cond = noise_and_cond()
    for steps in (1, 7, 30):
        x = euler(teacher, z, cond, steps)
        assert_close(x, ddim(teacher, z, cond, steps), rtol=1e-6, atol=1e-6)


def gaussian(schedule: Schedule) -> MixtureTeacher:
    """Four correlated numbers whose mean moves with two."""
    g = torch.Generator().manual_seed(1)
    # In double precision from the start: axes must be orthogonal to the last digit
    # for eps to be right where sigma is small.
    root = torch.randn(4, 4, generator=g, dtype=torch.float64)
    linear = torch.randn(4, 2, generator=g, dtype=torch.float64)
    return gaussian_teacher(
        torch.tensor([1.0, -2.0, 0.5, 0.0], dtype=torch.float64),
        linear,
        root @ root.T / 4 + 0.1 * torch.eye(4),
        horizon=2,
        schedule=schedule,
    ).double()


def flowed(teacher: MixtureTeacher, x_t: Tensor, cond: Tensor) -> Tensor:
    """Where the probability-flow ODE takes x_t from the noisiest time to clean data.

    Along each axis of the Gaussian the ODE scales deviations by the ratio of the
    marginals' standard deviations.
    """
    t = torch.tensor([teacher.schedule.domain.t_max], dtype=torch.float64)
    alpha, sigma = teacher.schedule(t)
    mean, axes = teacher.component_means(cond)[:, 0], teacher.axes[0]
    ratio = (teacher.variances[0] / (alpha**2 * teacher.variances[0] + sigma**2)).sqrt()
    deviation = (x_t.flatten(1) - alpha * mean) @ axes
    return (mean + ratio * deviation @ axes.T).view_as(x_t)


@pytest.mark.parametrize("schedule", [Cosine(1e-5, 0.999), EDM(1e-4, 20.0)], ids=str)
@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (euler, 1), (heun, 2)])
@torch.no_grad()
def test_order_of_convergence(schedule: Schedule, sampler: Sampler, order: int) -> None:
    teacher = gaussian(schedule)
    g = torch.Generator().manual_seed(0)
    cond = torch.randn(64, 2, generator=g, dtype=torch.float64)
    z = torch.randn(64, 2, 2, generator=g, dtype=torch.float64)
    x_t = spread(schedule) * z
    exact = flowed(teacher, x_t, cond)
    errors = torch.stack(
        [(sampler(teacher, x_t, cond, n) - exact).norm() for n in (32, 64, 128)]
    )
    orders = (errors[:-1] / errors[1:]).log2()
    assert_close(orders, torch.full_like(orders, order), rtol=0, atol=0.2)


@pytest.mark.parametrize(
    ("sampler", "steps"), [(ddpm, 400), (ddim, 100), (euler, 100), (heun, 25)]
)
@torch.no_grad()
def test_samples_have_the_gaussians_moments(sampler: Sampler, steps: int) -> None:
    teacher, samples = gaussian(DiscreteVP(400)), 10_000
    g = torch.Generator().manual_seed(0)
    cond = torch.tensor([[0.5, -1.0]], dtype=torch.float64).expand(samples, 2)
    z = torch.randn(samples, 2, 2, generator=g, dtype=torch.float64)
    noise = torch.randn(steps, samples, 2, 2, generator=g, dtype=torch.float64)
    x = sampler(teacher, z, cond, steps, noise).flatten(1)
    covariance = teacher.axes[0] * teacher.variances[0] @ teacher.axes[0].T
    mean = teacher.component_means(cond[:1])[0, 0]
    # Four standard errors of the moments, and what the finite steps leave.
    scale = float(teacher.variances.max())
    assert_close(x.mean(0), mean, rtol=0, atol=4 * (scale / samples) ** 0.5 + 0.01)
    atol = 4 * scale * (2 / samples) ** 0.5 + 0.02
    assert_close(x.T.cov(), covariance, rtol=0, atol=atol)


@torch.no_grad()
def test_ddpm_draws_again_and_ddim_does_not() -> None:
    teacher = gaussian(DiscreteVP(100))
    z = torch.randn(8, 2, 2, dtype=torch.float64)
    cond = torch.zeros(8, 2, dtype=torch.float64)
    for sampler, same in ((ddpm, False), (ddim, True), (euler, True), (heun, True)):
        noises = torch.randn(2, 10, 8, 2, 2, dtype=torch.float64)
        one, two = (sampler(teacher, z, cond, 10, noise) for noise in noises)
        assert torch.equal(one, two) is same


@pytest.mark.parametrize("schedule", [SquaredCosine(), Cosine(), EDM()], ids=str)
def test_prior_has_the_spread_of_the_noisiest_marginal(schedule: Schedule) -> None:
    x, eps = torch.randn(2, 100_000, generator=torch.Generator().manual_seed(0))
    alpha, sigma = schedule(torch.tensor([schedule.domain.t_max]))
    x_t = expand(alpha, x) * x + sigma * eps
    assert float(x_t.std()) == pytest.approx(spread(schedule), rel=0.01)


@pytest.mark.parametrize("sampler", [ddpm, ddim, euler, heun])
@torch.no_grad()
def test_one_step_is_one_look_at_the_noise(sampler: Sampler) -> None:
    teacher: Denoiser = gaussian(DiscreteVP(100))
    z = torch.randn(8, 2, 2, dtype=torch.float64)
    cond = torch.zeros(8, 2, dtype=torch.float64)
    expected = teacher(z, torch.full((8,), 99.0, dtype=torch.float64), cond)
    assert_close(sampler(teacher, z, cond, 1), expected, rtol=1e-12, atol=1e-12)

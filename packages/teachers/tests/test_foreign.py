"""Networks of other projects, made from the exact denoiser: they give it back."""

from collections.abc import Callable

import pytest
import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler
from torch import Tensor, nn
from torch.testing import assert_close

from onehop_interfaces import eps_of, expand
from onehop_interfaces.exact import MixtureTeacher
from onehop_interfaces.testing import check_policy, check_teacher, random_obs
from onehop_teachers import (
    Convention,
    DiffusionTeacher,
    Flow,
    SampledPolicy,
    ddim,
    ddim_raw_eps,
    diffusers_convention,
    euler,
    flow_convention,
    flow_grid,
    foreign_teacher,
)

CONFIG = {
    "num_train_timesteps": 100,
    "beta_schedule": "linear",
    "beta_start": 0.001,
    "beta_end": 0.1,
    "clip_sample": False,
}
Predicts = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
PREDICTS: dict[str, Predicts] = {
    "epsilon": lambda x, eps, alpha, sigma: eps,
    "sample": lambda x, eps, alpha, sigma: x,
    "v_prediction": lambda x, eps, alpha, sigma: alpha * eps - sigma * x,
}
FLOWS = [(0, 1.0), (1, 1.0), (0, 1000.0), (1, 1000.0)]


def exact_teacher(convention: Convention) -> MixtureTeacher:
    """Two modes of 4 x 2 numbers that the condition moves."""
    g = torch.Generator().manual_seed(0)
    factors = 0.3 * torch.randn(2, 8, 8, generator=g)
    return MixtureTeacher(
        torch.tensor([0.3, 0.7]),
        torch.randn(2, 8, generator=g),
        torch.randn(2, 8, 3, generator=g),
        factors @ factors.mT + 0.01 * torch.eye(8),
        horizon=4,
        schedule=convention.schedule,
        scale=5.0,
    )


class OfTable(nn.Module):
    """Another project's network of a table: called by name, told integers."""

    def __init__(self, exact: MixtureTeacher, predicts: Predicts) -> None:
        super().__init__()
        self.exact, self.predicts = exact, predicts

    def forward(self, sample: Tensor, timestep: Tensor, global_cond: Tensor) -> Tensor:
        assert timestep.dtype == torch.int64
        t = timestep.to(sample)
        x = self.exact(sample, t, global_cond)
        levels = self.exact.schedule(t)
        eps = eps_of(sample, x, *levels)
        return self.predicts(x, eps, *(expand(level, x) for level in levels))


class OfFlow(nn.Module):
    """Another project's velocity d x_t / dt, at times of its own."""

    def __init__(self, exact: MixtureTeacher, noise_at: int, scale: float) -> None:
        super().__init__()
        self.exact, self.noise_at, self.scale = exact, noise_at, scale

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        t = t / self.scale
        s = t if self.noise_at else 1 - t
        x = self.exact(x_t, s, cond)
        v = eps_of(x_t, x, *self.exact.schedule(s)) - x
        return v if self.noise_at else -v


def adapted(net: nn.Module, convention: Convention) -> DiffusionTeacher:
    exact = net.exact
    by_name = None
    if isinstance(net, OfTable):
        by_name = lambda net, x_t, t, cond: net(  # noqa: E731
            sample=x_t, timestep=t, global_cond=cond
        )
    return foreign_teacher(
        net,
        convention,
        exact.signature,
        exact.encode,
        exact.normalise,
        exact.denormalise,
        by_name,
    )


def table_pair(prediction: str) -> tuple[DiffusionTeacher, MixtureTeacher]:
    convention = diffusers_convention({**CONFIG, "prediction_type": prediction})
    exact = exact_teacher(convention)
    return adapted(OfTable(exact, PREDICTS[prediction]), convention), exact


def flow_pair(noise_at: int, scale: float) -> tuple[DiffusionTeacher, MixtureTeacher]:
    convention = flow_convention(noise_at, scale)
    exact = exact_teacher(convention)
    return adapted(OfFlow(exact, noise_at, scale), convention), exact


PAIRS = {
    **{name: lambda name=name: table_pair(name) for name in PREDICTS},
    **{f"flow {how}": lambda how=how: flow_pair(*how) for how in FLOWS},
}


def noise_and_cond(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(1)
    x_t = torch.randn(9, 4, 2, generator=g, dtype=torch.float64)
    return x_t.to(dtype), torch.randn(9, 3, generator=g, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-5)]
)
@pytest.mark.parametrize("pair", PAIRS)
def test_the_exact_denoiser_comes_back(
    pair: str, dtype: torch.dtype, tolerance: float
) -> None:
    teacher, exact = PAIRS[pair]()
    teacher.to(dtype)
    x_t, cond = noise_and_cond(dtype)
    t = exact.schedule.domain.at(torch.linspace(0, 1, len(x_t), dtype=dtype))
    x = teacher(x_t, t, cond)
    assert x.dtype == dtype
    assert_close(x, exact(x_t, t, cond), rtol=tolerance, atol=5 * tolerance)


@pytest.mark.parametrize("pair", PAIRS)
def test_conforms(pair: str) -> None:
    teacher, _ = PAIRS[pair]()
    obs = random_obs(teacher.signature, batch=4)
    check_teacher(teacher, obs)
    check_policy(SampledPolicy(teacher, ddim, steps=3), obs)


@pytest.mark.parametrize(("noise_at", "scale"), FLOWS)
@pytest.mark.parametrize("sampler", [euler, ddim])
@torch.no_grad()
def test_eulers_steps_are_the_flows_own(
    noise_at: int, scale: float, sampler: Callable[..., Tensor]
) -> None:
    teacher, _ = flow_pair(noise_at, scale)
    teacher.double()
    x_t, cond = noise_and_cond()
    # As near to all noise as can be told from it: its own steps begin there.
    teacher.schedule = Flow(t_max=1 - 1e-12)
    x = sampler(teacher, x_t, cond, 10, grid=flow_grid)
    for i in range(10):
        t = i / 10 if noise_at == 0 else 1 - i / 10
        v = teacher.net.net(x_t, torch.full((9,), t * scale, dtype=torch.float64), cond)
        x_t = x_t + (0.1 if noise_at == 0 else -0.1) * v
    assert_close(x, x_t, rtol=1e-8, atol=1e-8)


@torch.no_grad()
def test_flows_of_diffusers() -> None:
    """Its network is told 1000 t, with noise at one."""
    teacher, exact = flow_pair(1, 1000.0)
    teacher.double()
    x_t, cond = noise_and_cond()
    grid = flow_grid(exact.schedule.domain, 7)
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=grid)
    x = euler(teacher, x_t, cond, 7, grid=flow_grid)
    for t in scheduler.timesteps:
        v = teacher.net.net(x_t, t.double().expand(9), cond)
        x_t = scheduler.step(v, t, x_t).prev_sample.double()
    assert_close(x, x_t, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("spacing", ["leading", "trailing"])
@pytest.mark.parametrize("prediction", PREDICTS)
@torch.no_grad()
def test_chunks_of_diffusers_ddim(prediction: str, spacing: str) -> None:
    """Clipped, from its own times, at its own betas."""
    options = {
        **CONFIG,
        "prediction_type": prediction,
        "clip_sample": True,
        "clip_sample_range": 1.2,
        "timestep_spacing": spacing,
    }
    scheduler = DDIMScheduler.from_config(options)
    convention = diffusers_convention(scheduler.config)
    exact = exact_teacher(convention)
    net = OfTable(exact, PREDICTS[prediction])
    teacher = adapted(net, convention).double()
    x_t, cond = noise_and_cond()
    x = ddim_raw_eps(teacher, x_t, cond, 10, grid=convention.grid)
    scheduler.set_timesteps(10)
    for t in scheduler.timesteps:
        x_t = scheduler.step(net(x_t, t.expand(9), cond), t, x_t).prev_sample
    assert_close(x, x_t, rtol=1e-4, atol=1e-4)
    assert float(x.abs().max()) == pytest.approx(1.2)

"""Clipped chunks: diffusers' schedulers are the authority, as in `test_samplers`."""

import copy
import json

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from torch import Tensor
from torch.testing import assert_close

from onehop_interfaces import BadInput, Domain, Signature
from onehop_interfaces.acting import decide
from onehop_teachers import (
    DiffusionTeacher,
    Flatten,
    Preconditioning,
    PredictEps,
    PredictV,
    PredictX,
    SampledPolicy,
    ScaledActions,
    SquaredCosine,
    UNet1D,
    ddim,
    ddim_raw_eps,
    ddpm,
)
from onehop_teachers._preconditioning import clipped

CLIP = 0.9
PREDICTIONS = {
    "epsilon": PredictEps(),
    "sample": PredictX(),
    "v_prediction": PredictV(),
}
GRIDS = {"trailing": Domain.grid, "leading": Domain.leading_grid}


def unet_teacher(
    preconditioning: Preconditioning, clip: float | None = CLIP
) -> DiffusionTeacher:
    """A Diffusion Policy U-Net of random weights, whose chunks fill [-1, 1]."""
    torch.manual_seed(0)
    encoder = Flatten({"state": (3,)}, n_obs=2)
    teacher = DiffusionTeacher(
        Signature({"state": (3,)}, 2, 4, 2, 2),
        SquaredCosine(100),
        preconditioning,
        UNet1D(4, 2, encoder.cond_dim, down_dims=(8, 16), time_dim=8, groups=4),
        encoder,
        ScaledActions(2),
        clip,
    )
    obs = {"state": torch.randn(64, 2, 3)}
    return teacher.fit(obs, torch.randn(64, 4, 2)).double().eval()


def noise_and_cond() -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(1)
    x_t = torch.randn(3, 4, 2, generator=g, dtype=torch.float64)
    return x_t, torch.randn(3, 6, generator=g, dtype=torch.float64)


def further_noise(x_t: Tensor, steps: int, g: torch.Generator) -> list[Tensor]:
    """What diffusers draws in every step but the last."""
    return [torch.empty_like(x_t).normal_(generator=g) for _ in range(steps - 1)]


def reference(
    scheduler: DDPMScheduler | DDIMScheduler,
    teacher: DiffusionTeacher,
    steps: int,
    **options: object,
) -> Tensor:
    """Diffusers' loop around the raw network."""
    x_t, cond = noise_and_cond()
    scheduler.alphas_cumprod = teacher.schedule(torch.arange(100.0).double())[0] ** 2
    scheduler.final_alpha_cumprod = torch.ones((), dtype=torch.float64)
    scheduler.set_timesteps(steps)
    for t in scheduler.timesteps:
        output = teacher.network(x_t, t.double().expand(len(x_t)), cond)
        x_t = scheduler.step(output, t, x_t, **options).prev_sample
    return x_t


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("steps", [4, 10, 100])
@torch.no_grad()
def test_clipped_ddim_is_diffusers(prediction: str, steps: int, spacing: str) -> None:
    teacher = unet_teacher(PREDICTIONS[prediction])
    scheduler = DDIMScheduler(
        100,
        beta_schedule="squaredcos_cap_v2",
        clip_sample=True,
        clip_sample_range=CLIP,
        prediction_type=prediction,
        timestep_spacing=spacing,
    )
    for sampler, own in ((ddim, True), (ddim_raw_eps, False)):
        expected = reference(scheduler, teacher, steps, use_clipped_model_output=own)
        x = sampler(teacher, *noise_and_cond(), steps, grid=GRIDS[spacing])
        assert_close(x, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("steps", [10, 100])
@torch.no_grad()
def test_clipped_ddpm_is_diffusers(prediction: str, steps: int, spacing: str) -> None:
    teacher = unet_teacher(PREDICTIONS[prediction])
    scheduler = DDPMScheduler(
        100,
        beta_schedule="squaredcos_cap_v2",
        variance_type="fixed_small",
        clip_sample=True,
        clip_sample_range=CLIP,
        prediction_type=prediction,
        timestep_spacing=spacing,
    )
    seeds = (torch.Generator().manual_seed(5) for _ in range(2))
    expected = reference(scheduler, teacher, steps, generator=next(seeds))
    x_t, cond = noise_and_cond()
    noise = further_noise(x_t, steps, next(seeds))
    x = ddpm(teacher, x_t, cond, steps, noise, GRIDS[spacing])
    assert_close(x, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("steps", [1, 3, 7, 10, 64, 100])
def test_grids_are_diffusers(steps: int, spacing: str) -> None:
    scheduler = DDIMScheduler(100, timestep_spacing=spacing, steps_offset=0)
    scheduler.set_timesteps(steps)
    assert GRIDS[spacing](Domain(0, 99, 100), steps) == scheduler.timesteps.tolist()


@torch.no_grad()
def test_the_default_is_no_clip() -> None:
    teacher, bare = unet_teacher(PredictEps()), unet_teacher(PredictEps(), None)
    x_t, cond = noise_and_cond()
    t = torch.full((3,), 99.0, dtype=torch.float64)
    x = bare(x_t, t, cond)
    assert float(x.abs().max()) > 100 * CLIP
    assert torch.equal(teacher(x_t, t, cond), x.clamp(-CLIP, CLIP))
    assert torch.equal(teacher.unclipped(x_t, t, cond), x)
    assert torch.equal(teacher.network(x_t, t, cond), bare.network(x_t, t, cond))


def test_gradients_pass_the_clip() -> None:
    x = torch.tensor([-1e6, -0.5, 2.0, 1e30], requires_grad=True)
    y = clipped(x, 1.0)
    assert y.tolist() == [-1.0, -0.5, 1.0, 1.0]
    (y * torch.arange(4.0)).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 1.0, 2.0, 3.0]


# On its first use torch compiles its own formulas by a way it deprecates.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_the_derivative_along_a_direction_is_the_clips() -> None:
    with torch.no_grad():
        _, slope = torch.func.jvp(
            lambda x: clipped(x, 1.0), (torch.tensor([0.5, 2.0]),), (torch.ones(2),)
        )
    assert slope.tolist() == [1.0, 0.0]


def test_actions_stay_within_the_clip() -> None:
    teacher = unet_teacher(PredictX())
    obs = {"state": torch.zeros(1, 2, 3, dtype=torch.float64)}
    x = torch.tensor([[[-5.0, 0.5]] * 4], dtype=torch.float64)
    actions = teacher.denormalise(x, obs)
    expected = teacher.denormalise(x.clamp(-CLIP, CLIP), obs)
    assert_close(actions, expected, rtol=0, atol=0)


def test_config_keeps_the_clip_and_may_lack_it() -> None:
    config = json.loads(json.dumps(unet_teacher(PredictEps()).config()))
    assert DiffusionTeacher.from_config(config).clip == CLIP
    del config["clip"]
    assert DiffusionTeacher.from_config(config).clip is None
    assert copy.deepcopy(unet_teacher(PredictEps())).clip == CLIP


@pytest.mark.parametrize("clip", [0, -1.0, float("inf"), float("nan"), "1", True])
def test_bounds_that_are_none_are_refused(clip: object) -> None:
    config = {**unet_teacher(PredictX()).config(), "clip": clip}
    with pytest.raises(BadInput, match="clip: expected a number above 0 or none"):
        DiffusionTeacher.from_config(config)


def test_a_policy_samples_along_the_grid_it_is_given() -> None:
    teacher = unet_teacher(PredictEps()).float()
    times: list[float] = []
    teacher.net.register_forward_hook(
        lambda _, args, __: times.append(float(args[1][0]))
    )
    policy = SampledPolicy(teacher, ddim, 10, Domain.leading_grid)
    decide(policy, {"state": torch.zeros(1, 2, 3)})
    assert times == [90, 80, 70, 60, 50, 40, 30, 20, 10, 0]
    assert policy.nfe == 10

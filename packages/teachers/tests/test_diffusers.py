"""Configs of diffusers: what its own schedulers make of them."""

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
)
from torch.testing import assert_close

from onehop_interfaces import BadInput
from onehop_teachers import (
    ForeignTable,
    PredictEps,
    PredictV,
    PredictX,
    TrainedBetas,
    diffusers_convention,
)

PREDICTIONS = {
    "epsilon": PredictEps(),
    "sample": PredictX(),
    "v_prediction": PredictV(),
}
BETAS = ["linear", "scaled_linear", "squaredcos_cap_v2"]
LINEAR = {
    "num_train_timesteps": 100,
    "beta_schedule": "linear",
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "clip_sample": True,
}


@pytest.mark.parametrize("kind", BETAS)
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_configs_of_schedulers(kind: str, prediction: str) -> None:
    scheduler = DDIMScheduler(
        50,
        beta_schedule=kind,
        prediction_type=prediction,
        clip_sample_range=1.5,
    )
    convention = diffusers_convention(scheduler.config)
    alpha, _ = convention.schedule(torch.arange(50.0))
    assert_close(alpha**2, scheduler.alphas_cumprod, rtol=1e-5, atol=1e-6)
    assert convention.preconditioning == PREDICTIONS[prediction]
    assert convention.clip == 1.5
    assert convention.wrap is ForeignTable


@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("steps", [1, 3, 7, 10, 64, 99])
def test_grids_are_diffusers(spacing: str, offset: int, steps: int) -> None:
    scheduler = DDIMScheduler(100, timestep_spacing=spacing, steps_offset=offset)
    convention = diffusers_convention(scheduler.config)
    scheduler.set_timesteps(steps)
    times = scheduler.timesteps.tolist()
    assert convention.grid(convention.schedule.domain, steps) == times


def test_times_beyond_the_table_are_refused() -> None:
    convention = diffusers_convention({**LINEAR, "steps_offset": 1})
    with pytest.raises(BadInput, match=r"sampling steps: .* steps_offset 1"):
        convention.grid(convention.schedule.domain, 100)


@pytest.mark.parametrize("of", [list, np.asarray])
def test_trained_betas_go_first(of: type) -> None:
    betas = [0.1, 0.2, 0.3]
    config = {**LINEAR, "num_train_timesteps": 3, "trained_betas": of(betas)}
    assert diffusers_convention(config).schedule == TrainedBetas(betas)


def test_what_does_not_clip() -> None:
    assert diffusers_convention({**LINEAR, "clip_sample": False}).clip is None
    assert diffusers_convention(LINEAR).clip == 1
    # Euler's scheduler has no clip: whether none is meant, or DDPM's default, it says.
    config = EulerDiscreteScheduler(100).config
    with pytest.raises(BadInput, match="clip_sample: expected True or False, got None"):
        diffusers_convention(config)
    assert diffusers_convention({**config, "clip_sample": False}).clip is None


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"beta_schedule": None},
            r"beta_schedule: expected one of \['laplace'.* got 'None'",
        ),
        ({"beta_schedule": "exp"}, r"beta_schedule: expected one of .* got 'exp'"),
        ({"beta_start": None}, "beta_start: expected a number, got None"),
        ({"beta_end": 1.5}, "LinearBetas: expected 0 < beta_start"),
        ({"prediction_type": "flow_prediction"}, "got 'flow_prediction'"),
        ({"thresholding": True}, "thresholding: expected False, got True"),
        ({"rescale_betas_zero_snr": True}, "rescale_betas_zero_snr: expected False"),
        ({"num_train_timesteps": 1.5}, "num_train_timesteps: expected a whole"),
        ({"trained_betas": [0.1]}, "trained_betas: expected 100 numbers, got 1"),
        ({"trained_betas": "linear"}, "expected numbers, got 'linear'"),
        ({"timestep_spacing": "karras"}, "timestep_spacing: expected one of"),
        ({"steps_offset": -1}, "steps_offset: expected a whole"),
    ],
)
def test_what_is_not_known_is_one_line(changes: dict[str, object], line: str) -> None:
    with pytest.raises(BadInput, match=line) as error:
        diffusers_convention({**LINEAR, **changes}, "policy.json")
    assert str(error.value).startswith("policy.json")
    assert "\n" not in str(error.value)


def test_flows_have_no_betas() -> None:
    with pytest.raises(BadInput, match=r"beta_schedule: .* got 'None'"):
        diffusers_convention(FlowMatchEulerDiscreteScheduler().config)


def test_zero_terminal_snr_is_refused() -> None:
    scheduler = DDPMScheduler(100, rescale_betas_zero_snr=True)
    with pytest.raises(BadInput, match="rescale_betas_zero_snr"):
        diffusers_convention(scheduler.config)

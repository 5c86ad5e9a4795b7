"""Conventions of diffusers: a scheduler's config as schedule, prediction and clip.

    DDPMScheduler(num_train_timesteps=100, beta_schedule="linear", ...).config

or the same names and values from a file. All schedulers with a table of betas are meant
(DDPM, DDIM, DPM-Solver, Euler, ...): they differ in how they sample, and the network
does not know.

==================== ==============================================================
`beta_schedule`      see `_betas`; `trained_betas` go before it
`prediction_type`    `epsilon`, `sample`, `v_prediction`
`clip_sample`        x within +-`clip_sample_range` at every call. DDPM and DDIM do so
                     by default and others cannot, so a config has to say which
`timestep_spacing`   the grid: t_min last (`leading`, `steps_offset` later), t_max first
                     (`trailing`), or both (`linspace`)
==================== ==============================================================

`thresholding` and `rescale_betas_zero_snr` are refused. All else is about sampling:
diffusers' own DDIM is `ddim_raw_eps`, DDPM `ddpm`. Flow-matching schedulers have no
betas: theirs is `flow_convention(noise_at=1, scale=1000)`.

References:
    | Diffusers (von Platen et al., 2022) | https://github.com/huggingface/diffusers
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, final

import numpy as np

from onehop_interfaces import BadInput, Domain, named, naming, number, whole

from ._betas import (
    MAX_STEPS,
    Betas,
    Laplace,
    LinearBetas,
    ScaledLinearBetas,
    SigmoidBetas,
    SquaredCosine,
    TrainedBetas,
)
from ._convention import Convention
from ._foreign import ForeignTable
from ._preconditioning import Preconditioning, PredictEps, PredictV, PredictX
from ._samplers import Grid

__all__ = ["diffusers_convention"]

TABLES: Mapping[str, Callable[..., Betas]] = {
    "squaredcos_cap_v2": SquaredCosine,
    "laplace": Laplace,
    "linear": LinearBetas,
    "scaled_linear": ScaledLinearBetas,
    "sigmoid": SigmoidBetas,
}
PREDICTS: Mapping[str, Callable[[], Preconditioning]] = {
    "epsilon": PredictEps,
    "sample": PredictX,
    "v_prediction": PredictV,
}


@final
@dataclass(frozen=True)
class Leading:
    """`Domain.leading_grid`, some times later.

    Attributes:
        offset: How many.
    """

    offset: int

    def __call__(self, domain: Domain, n: int) -> list[float]:
        """See `Grid`."""
        times = [t + self.offset for t in domain.leading_grid(n)]
        if times[0] > domain.t_max:
            raise BadInput(
                f"sampling steps: expected times up to {domain.t_max:g}, got "
                f"{times[0]:g} with steps_offset {self.offset}"
            )
        return times


def linspace(domain: Domain, n: int) -> list[float]:
    """n times from t_max to t_min, both included; of one step t_min alone."""
    whole(n, "sampling steps", 1, domain.at_most(n))
    times: list[float] = np.linspace(domain.t_min, domain.t_max, n).round().tolist()
    return times[::-1]


def diffusers_convention(
    config: Mapping[str, Any], where: str = "scheduler"
) -> Convention:
    """That of a scheduler of diffusers.

    Args:
        config: Its `config`, or the same names and values.
        where: What to call it in an error.

    Raises:
        BadInput: naming what is missing, or of a kind that is not known.
    """
    for name in ("thresholding", "rescale_betas_zero_snr"):
        if config.get(name):
            raise BadInput(f"{where} {name}: expected False, got {config[name]!r}")
    with naming(where):
        predicts = config.get("prediction_type", "epsilon")
        return Convention(
            _betas(config),
            named(PREDICTS, "prediction_type", predicts)(),
            ForeignTable,
            _clip(config),
            _grid(config),
        )


def _betas(config: Mapping[str, Any]) -> Betas:
    name = "num_train_timesteps"
    steps = whole(config.get(name), name, 1, MAX_STEPS)
    trained = config.get("trained_betas")
    if trained is not None:
        return _trained(trained, steps)
    kind: Any = named(TABLES, "beta_schedule", config.get("beta_schedule"))
    # A table's fields have diffusers' names: beyond steps, beta_start and beta_end.
    ends = (field.name for field in fields(kind)[1:])
    made: Betas = kind(steps, *(number(config.get(end), end) for end in ends))
    return made


def _trained(betas: Any, steps: int) -> TrainedBetas:
    table = TrainedBetas(betas.tolist() if hasattr(betas, "tolist") else betas)
    if table.steps != steps:
        raise BadInput(f"trained_betas: expected {steps} numbers, got {table.steps}")
    return table


def _clip(config: Mapping[str, Any]) -> float | None:
    clips = config.get("clip_sample")
    if not isinstance(clips, bool):
        raise BadInput(f"clip_sample: expected True or False, got {clips!r}")
    name = "clip_sample_range"
    return number(config.get(name, 1.0), name) if clips else None


def _grid(config: Mapping[str, Any]) -> Grid:
    offset = whole(config.get("steps_offset", 0), "steps_offset", 0, MAX_STEPS)
    grids: Mapping[str, Grid] = {
        "leading": Leading(offset),
        "trailing": Domain.grid,
        "linspace": linspace,
    }
    name = "timestep_spacing"
    return named(grids, name, config.get(name, "leading"))

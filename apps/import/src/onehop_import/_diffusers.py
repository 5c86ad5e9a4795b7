"""Noise schedulers of diffusers, as schedule, preconditioning and clip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from onehop_interfaces import BadInput, number, whole
from onehop_teachers import (
    Preconditioning,
    PredictEps,
    PredictV,
    PredictX,
    SquaredCosine,
)

__all__ = ["Scheduler", "scheduler_of"]

PREDICTS: dict[str, Callable[[], Preconditioning]] = {
    "epsilon": PredictEps,
    "sample": PredictX,
    "v_prediction": PredictV,
}
MOST_STEPS = 100_000


class Scheduler(NamedTuple):
    """What of one a teacher has.

    Attributes:
        schedule: Of its noise.
        preconditioning: What its network predicts.
        clip: Of its chunks; None for no bound.
    """

    schedule: SquaredCosine
    preconditioning: Preconditioning
    clip: float | None


def scheduler_of(config: Mapping[str, Any], where: str) -> Scheduler:
    """A DDPM or DDIM scheduler's, from its settings by diffusers' names.

    What they say of betas has no meaning with this kind of schedule.

    Raises:
        BadInput: if it is of a kind that is not known.
    """
    kind = config.get("beta_schedule")
    if kind != "squaredcos_cap_v2":
        raise BadInput(
            f"{where} beta_schedule: expected 'squaredcos_cap_v2', got {kind!r}"
        )
    predicts = config.get("prediction_type", "epsilon")
    if predicts not in PREDICTS:
        known = ", ".join(PREDICTS)
        raise BadInput(
            f"{where} prediction_type: expected one of {known}, got {predicts!r}"
        )
    steps = whole(
        config.get("num_train_timesteps"), f"{where} num_train_timesteps", 1, MOST_STEPS
    )
    clip = None
    if config.get("clip_sample", True):
        clip = number(
            config.get("clip_sample_range", 1.0), f"{where} clip_sample_range"
        )
    return Scheduler(SquaredCosine(steps), PREDICTS[predicts](), clip)

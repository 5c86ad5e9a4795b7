"""The teachers that can be asked for: which network, and what it predicts.

All share the Push-T teacher's observations, features and relative actions; a teacher
for another task is another function beside `untrained_teacher`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, cast

from torch import nn

from onehop_interfaces import Schedule
from onehop_teachers import (
    EDM,
    DiffusionTeacher,
    DrawTimes,
    Karras,
    Preconditioning,
    PredictEps,
    PredictV,
    PredictX,
    RelativeKeypoints,
    ResidualMLP,
    SquaredCosine,
    UNet1D,
    log_normal_times,
    pusht_teacher,
    uniform_times,
)

__all__ = ["Net", "Predict", "draw_times", "untrained_teacher"]

Net = Literal["mlp", "unet"]
Predict = Literal["x", "eps", "v", "edm"]

NETS: Mapping[Net, Callable[[int, int, int], nn.Module]] = {
    "mlp": ResidualMLP,
    "unet": partial(UNet1D, down_dims=(64, 128, 256), time_dim=128),
}
PREDICT: Mapping[Predict, tuple[Schedule, Preconditioning]] = {
    "x": (SquaredCosine(), PredictX()),
    "eps": (SquaredCosine(), PredictEps()),
    "v": (SquaredCosine(), PredictV()),
    "edm": (EDM(), Karras(sigma_data=1.0)),
}


def untrained_teacher(net: Net, predict: Predict) -> DiffusionTeacher:
    """A Push-T teacher with fresh weights, its statistics still to be fitted."""
    like = pusht_teacher()
    signature = like.signature
    encoder = cast(RelativeKeypoints, like.encoder)
    schedule, preconditioning = PREDICT[predict]
    sizes = (signature.horizon, signature.action_dim, encoder.cond_dim)
    return DiffusionTeacher(
        signature, schedule, preconditioning, NETS[net](*sizes), encoder, like.actions
    )


def draw_times(predict: Predict) -> DrawTimes:
    """The times that kind of teacher trains at."""
    return log_normal_times() if predict == "edm" else uniform_times

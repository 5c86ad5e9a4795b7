"""The teachers that can be asked for: of which task, which network, what it predicts.

Observations, features and actions are those of the task's standard teacher; network and
prediction may be others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, cast

from torch import nn

from onehop_interfaces import BadInput, Schedule
from onehop_tasks import Task
from onehop_teachers import (
    EDM,
    DiffusionTeacher,
    DrawTimes,
    Encoder,
    Inpainted,
    Karras,
    Picture,
    Preconditioning,
    PredictEps,
    PredictV,
    SquaredCosine,
    UNet1D,
    log_normal_times,
    uniform_times,
)

from ._data import WindowData

__all__ = ["Net", "Predict", "draw_times", "fit", "untrained_teacher"]

Net = Literal["mlp", "unet", "simple-dp3"]
Predict = Literal["x", "eps", "v", "edm"]


def _unet(like: DiffusionTeacher, down_dims: tuple[int, ...]) -> nn.Module:
    """Diffusion Policy's network for the same chunks and conditions.

    It is told where plans begin if the standard one is.
    """
    cond_dim = cast(Encoder, like.encoder).cond_dim
    net = UNet1D(*like.signature.chunk, cond_dim, down_dims, time_dim=128)
    if not isinstance(like.net, Inpainted):
        return net
    return Inpainted(net, like.net.state_dim)


NETS: Mapping[Net, Callable[[DiffusionTeacher], nn.Module]] = {
    "mlp": lambda like: like.net,
    "unet": lambda like: _unet(like, (64, 128, 256)),
    "simple-dp3": lambda like: _unet(like, (128, 256, 384)),
}
PREDICT: Mapping[Predict, tuple[Schedule, Preconditioning]] = {
    "eps": (SquaredCosine(), PredictEps()),
    "v": (SquaredCosine(), PredictV()),
    "edm": (EDM(), Karras(sigma_data=1.0)),
}


def untrained_teacher(
    task: Task,
    net: Net,
    predict: Predict,
    clip: float | None = None,
    crop: int | None = None,
) -> DiffusionTeacher:
    """A teacher of the task with fresh weights, its statistics still to be fitted.

    Raises:
        BadInput: if the clip is no bound, what is predicted does not go with plans
            that begin at a known state, or there is no picture to crop.
    """
    like = task.teacher()
    if crop is not None:
        _crop(like.encoder, task, crop)
    if predict == "x":
        kind = like.schedule, like.preconditioning
    elif isinstance(like.net, Inpainted):
        raise BadInput(f"--predict: expected x for --task {task.name}, got {predict}")
    else:
        kind = PREDICT[predict]
    return DiffusionTeacher(
        like.signature,
        *kind,
        NETS[net](like),
        like.encoder,
        like.actions,
        clip,
    )


def _crop(encoder: nn.Module, task: Task, side: int) -> None:
    """Let an encoder look at the middle of pictures."""
    pictures = [part for part in encoder.modules() if isinstance(part, Picture)]
    if not pictures:
        raise BadInput(f"--crop: expected a task of pictures, got {task.name!r}")
    for picture in pictures:
        picture.crop = (side, side)


def fit(teacher: DiffusionTeacher, data: WindowData) -> None:
    """Take the statistics of the windows, and the clip that a teacher of eps needs.

    Without one given that is the data's greatest |x|: no chunk of theirs is clipped.
    """
    sample = data.sample()
    teacher.fit(sample.obs, sample.actions)
    if teacher.clip is None and isinstance(teacher.preconditioning, PredictEps):
        chunks = (teacher.normalise(part.actions, part.obs) for part in data.parts())
        teacher.clip = max(float(x.abs().max()) for x in chunks)


def draw_times(predict: Predict) -> DrawTimes:
    """The times that kind of teacher trains at."""
    return log_normal_times() if predict == "edm" else uniform_times

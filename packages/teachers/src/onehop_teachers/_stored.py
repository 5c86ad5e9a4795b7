"""Teachers as checkpoints.

A teacher's checkpoint holds its `state_dict` and, under "teacher" in the config, its
`config()`. Checkpoints of other policies keep the configuration of the teacher they
were made from under the same key.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch

from onehop_interfaces import BadInput, naming, reading
from onehop_interfaces.spaces import zero_obs

from ._budget import within_budget
from ._checkpoint import load_checkpoint, load_weights, save_checkpoint
from ._statistics import check_statistics
from ._teacher import DiffusionTeacher

__all__ = ["load_teacher", "save_teacher"]


def save_teacher(
    folder: str | Path,
    teacher: DiffusionTeacher,
    provenance: Mapping[str, object],
    half: bool = False,
) -> None:
    """Write a teacher's checkpoint.

    Args:
        folder: Where to.
        teacher: The teacher.
        provenance: Where it comes from, JSON.
        half: Whether its weights are written in half precision, and are single again
            when read; its statistics are written as they are.

    Raises:
        BadInput: if statistics are missing, or `folder` holds something else.
    """
    check_statistics(teacher, [str(folder)])
    config = {"teacher": teacher.config()}
    tensors = teacher.state_dict()
    if half:
        weights = {name: p.half() for name, p in teacher.named_parameters()}
        tensors = {**tensors, **weights}
    save_checkpoint(folder, tensors, config, provenance)


def load_teacher(
    folder: str | Path, classes: Iterable[type] = (), n_action: int | None = None
) -> DiffusionTeacher:
    """Read a teacher's checkpoint, ready to act.

    Args:
        folder: The checkpoint, or the folder of the run that left it.
        classes: The caller's own classes that its config may name, such as an encoder.
        n_action: Rows of a plan to carry out, if not as many as it was made for.

    Raises:
        BadInput: if it is not a complete and sound checkpoint of a teacher, its config
            asks for other sizes than its tensors have, or plans have fewer rows.
    """
    checkpoint = load_checkpoint(folder)
    if "policy" in checkpoint.config:
        raise BadInput(f"{folder}: expected a teacher, got a checkpoint of a policy")
    config = Path(folder) / "config.json"
    with within_budget(checkpoint.tensors, config):
        with naming(config):
            teacher = DiffusionTeacher.from_config(
                checkpoint.config.get("teacher"), classes
            )
        load_weights(teacher, checkpoint.tensors, Path(folder) / "model.safetensors")
        check_statistics(teacher, [str(folder)])
        with reading(config, "parts that fit one another"):
            _try_out(teacher.eval())
    if n_action is not None:
        teacher.decide_every(n_action)
    return teacher


@torch.no_grad()
def _try_out(teacher: DiffusionTeacher) -> None:
    """Denoise a chunk of zeros: parts that do not fit fail here, not on a robot."""
    obs = zero_obs(teacher)
    cond = teacher.encode(obs)
    x_t = cond.new_zeros(1, *teacher.signature.chunk)
    t = cond.new_full((1,), teacher.schedule.domain.t_max)
    x = teacher.normalise(teacher.denormalise(teacher(x_t, t, cond), obs), obs)
    if x.shape != x_t.shape:
        raise BadInput(
            f"teacher: expected chunks {tuple(x_t.shape)}, got {tuple(x.shape)}"
        )

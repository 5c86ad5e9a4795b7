"""Teachers as checkpoints.

A teacher's checkpoint holds its `state_dict` and, under "teacher" in the config, its
`config()`. Checkpoints of other policies keep the configuration of the teacher they
were made from under the same key.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from onehop_interfaces import BadInput

from ._checkpoint import load_checkpoint, load_weights, save_checkpoint
from ._statistics import check_statistics
from ._teacher import DiffusionTeacher

__all__ = ["load_teacher", "save_teacher"]


def save_teacher(
    folder: str | Path, teacher: DiffusionTeacher, provenance: Mapping[str, object]
) -> None:
    """Write a teacher's checkpoint.

    Raises:
        BadInput: if statistics are missing, or `folder` holds something else.
    """
    check_statistics(teacher, [str(folder)])
    config = {"teacher": teacher.config()}
    save_checkpoint(folder, teacher.state_dict(), config, provenance)


def load_teacher(folder: str | Path, classes: Iterable[type] = ()) -> DiffusionTeacher:
    """Read a teacher's checkpoint, ready to act.

    Args:
        folder: The checkpoint, or the folder of the run that left it.
        classes: The caller's own classes that its config may name, such as an encoder.

    Raises:
        BadInput: if it is not a complete and sound checkpoint of a teacher.
    """
    checkpoint = load_checkpoint(folder)
    if "policy" in checkpoint.config:
        raise BadInput(f"{folder}: expected a teacher, got a checkpoint of a policy")
    try:
        teacher = DiffusionTeacher.from_config(
            checkpoint.config.get("teacher"), classes
        )
    except BadInput as error:
        raise BadInput(f"{folder}: config.json: {error}") from None
    load_weights(teacher, checkpoint.tensors, Path(folder) / "model.safetensors")
    check_statistics(teacher, [str(folder)])
    return teacher.eval()

"""How a teacher is shown its demonstrations while it learns: what the options ask for.

Points are left out first, for what is left out need not be jittered.
"""

from __future__ import annotations

from onehop_interfaces import BadInput
from onehop_teachers import (
    Augment,
    DiffusionTeacher,
    PointNet,
    crops,
    drop_points,
    in_turn,
    jitter,
)

from ._config import TeacherCommand

__all__ = ["augment"]


def augment(command: TeacherCommand, teacher: DiffusionTeacher) -> Augment:
    """What a command's options make of every batch.

    Raises:
        BadInput: if an option is about what the teacher does not see.
    """
    parts = teacher.encoder.modules()
    clouds = [part.name for part in parts if isinstance(part, PointNet)]
    if command.drop_points and not clouds:
        raise BadInput(
            f"--drop-points: expected a task of point clouds, got {command.task!r}"
        )
    unknown = sorted(set(command.jitter_of) - set(teacher.signature.obs))
    if unknown:
        seen = sorted(teacher.signature.obs)
        raise BadInput(f"--jitter-of: expected some of {seen}, got {unknown}")
    return in_turn(
        *(drop_points(name, command.drop_points) for name in clouds),
        jitter(command.jitter, command.jitter_of),
        crops(teacher.encoder),
    )

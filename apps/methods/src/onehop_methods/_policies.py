"""Students as checkpoints: what a run leaves, and a robot reads.

A student's checkpoint holds its tensors and, in the config, how to build it again:

    method     its name in `METHODS`, whose class rebuilds it
    policy     what the student's own `config` says
    teacher    the configuration of the teacher that it was made from
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from onehop_interfaces import BadInput, Student, named, naming, reading
from onehop_interfaces.acting import decide
from onehop_interfaces.spaces import zero_obs
from onehop_teachers import (
    DiffusionTeacher,
    check_statistics,
    checkpoint_in,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    within_budget,
)

from ._methods import METHODS

__all__ = ["load_policy", "save_policy"]


def save_policy(
    folder: str | Path,
    policy: Student,
    method: str,
    teacher: DiffusionTeacher,
    provenance: Mapping[str, Any],
) -> None:
    """Write a student's checkpoint, whole or not at all.

    Args:
        folder: Where to.
        policy: The student.
        method: The name of what it was distilled by, of `METHODS`.
        teacher: What it was distilled from.
        provenance: Where it comes from, JSON.

    Raises:
        BadInput: if there is no such method, or `folder` holds something else.
    """
    named(METHODS, "method", method)
    config = {"method": method, "policy": policy.config(), "teacher": teacher.config()}
    save_checkpoint(folder, policy.state_dict(), config, provenance)


def load_policy(folder: str | Path, n_action: int | None = None) -> Any:
    """Read a student's checkpoint, ready to act: a module that is a `Student`.

    It has decided on zeros once, so that parts which do not fit fail here, not on a
    robot.

    Args:
        folder: The checkpoint, or the folder of the run that left it.
        n_action: Rows of a plan to carry out before the next decision, if not as many
            as its teacher was made for. One call is cheap enough to decide more often.

    Raises:
        BadInput: if it is not a complete and sound checkpoint of a student, its config
            asks for other sizes than its tensors have, or plans have fewer rows.
    """
    folder = checkpoint_in(folder)
    tensors, config, _ = load_checkpoint(folder)
    kind = METHODS[_method(folder, config)].student
    file = folder / "config.json"
    with within_budget(tensors, file), torch.no_grad():
        with naming(file):
            net = DiffusionTeacher.from_config(config.get("teacher"))
            if n_action is not None:
                net.decide_every(n_action)
            with reading("student config", "settings that fit the teacher"):
                student = kind.from_config(net, config.get("policy"))
        load_weights(student, tensors, folder / "model.safetensors")
        check_statistics(student, [str(folder)])
        with reading(file, "parts that fit one another"):
            decide(student.eval(), zero_obs(net), torch.Generator().manual_seed(0))
    return student


def _method(folder: Path, config: Mapping[str, Any]) -> str:
    method = config.get("method")
    if not isinstance(method, str) or method not in METHODS:
        raise BadInput(
            f"{folder}: expected a student of a method in {sorted(METHODS)}, "
            f"got {method!r}"
        )
    return method

"""The policies of an evaluation, read from their checkpoints.

A teacher enters three times: with all its steps, with ten, and with one. A student
that does not beat the last has gained nothing by distillation, so it is always there.
All go down from the noisiest time (`Domain.grid`, "trailing" in diffusers). The ten
steps may be taken at Diffusion Policy's and LeRobot's times instead, which begin later
(`Domain.leading_grid`): the same teacher, and other numbers.

Students are read by `onehop_methods.load_policy`.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from onehop_interfaces import BadInput, Domain, Policy
from onehop_methods import load_policy
from onehop_teachers import (
    Grid,
    SampledPolicy,
    Sampler,
    checkpoint_in,
    checkpoint_sha256,
    ddim,
    ddpm,
    euler,
    heun,
    load_checkpoint,
    load_teacher,
)

__all__ = ["Entry", "entries_of"]


@dataclass(frozen=True, eq=False)
class Entry:
    """A policy that takes part.

    Attributes:
        name: What tables and figures call it.
        policy: Decides.
        module: The networks a robot needs to run it, the encoder included.
        student: Whether it was distilled, or is the teacher itself.
        fingerprint: Changes when the checkpoint or the way to sample does.
        provenance: What the checkpoint says of where it comes from.
    """

    name: str
    policy: Policy
    module: torch.nn.Module
    student: bool
    fingerprint: str
    provenance: Mapping[str, Any]


def entries_of(
    teacher: Path,
    students: Sequence[Path],
    device: torch.device,
    grid: Grid = Domain.grid,
) -> list[Entry]:
    """The teacher's three entries, then one per student.

    Args:
        teacher: Folder of its run, or of its checkpoint.
        students: The students' folders.
        device: Where they compute.
        grid: The times of the teacher's ten steps.

    Raises:
        BadInput: naming the folder or file that is not as expected.
    """
    teacher, *students = map(checkpoint_in, (teacher, *students))
    methods = [_method(folder) for folder in students]
    often = Counter(methods)
    entries = _teacher_entries(teacher, device, grid)
    sha256 = checkpoint_sha256(teacher)
    for folder, method in zip(students, methods, strict=True):
        # One student of a method needs no more than the method's name.
        where = "" if often[method] == 1 else f" {_label(folder)}"
        entry = _student_entry(folder, f"{method.upper()}{where}", device)
        _check_teacher(folder, entry, teacher, sha256)
        entries.append(entry)
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names):
        raise BadInput(f"--students: expected different names, got {names[3:]}")
    return entries


def _teacher_entries(folder: Path, device: torch.device, grid: Grid) -> list[Entry]:
    teacher = load_teacher(folder).to(device)
    provenance = load_checkpoint(folder).provenance

    def entry(
        name: str, sampler: Sampler, steps: int, grid: Grid = Domain.grid
    ) -> Entry:
        policy = SampledPolicy(teacher, sampler, steps, grid)
        leading = " leading" if grid == Domain.leading_grid else ""
        name = f"{name}-{steps}{leading}"
        return Entry(
            name, policy, teacher, False, _fingerprint(folder, name), provenance
        )

    steps = teacher.schedule.domain.steps
    if steps is None:
        full, few = entry("Heun", heun, 18), partial(entry, "Euler", euler)
    else:
        full, few = entry("DDPM", ddpm, steps), partial(entry, "DDIM", ddim)
    return [full, few(teacher.schedule.domain.at_most(10), grid), few(1)]


def _method(folder: Path) -> str:
    return str(load_checkpoint(folder).config.get("method"))


def _student_entry(folder: Path, name: str, device: torch.device) -> Entry:
    student = load_policy(folder).to(device)
    provenance = load_checkpoint(folder).provenance
    return Entry(
        name, student, student, True, _fingerprint(folder, "student"), provenance
    )


def _label(folder: Path) -> str:
    """The run's name: `onehop-train` calls every run's result "checkpoint"."""
    resolved = folder.resolve()
    return resolved.parent.name if resolved.name == "checkpoint" else resolved.name


def _fingerprint(folder: Path, how: str) -> str:
    """SHA-256 over what makes the policy: the checkpoint, and how it is used."""
    return hashlib.sha256(f"{how} {checkpoint_sha256(folder)}".encode()).hexdigest()


def _check_teacher(folder: Path, entry: Entry, teacher: Path, sha256: str) -> None:
    """Refuse a student of another teacher, and warn of one that does not say whose.

    Raises:
        BadInput: naming both folders.
    """
    came = entry.provenance.get("teacher_sha256")
    if came is None:
        print(
            f"{folder}: does not say which teacher it was distilled from; taken for a "
            f"student of {teacher}",
            file=sys.stderr,
        )
    elif came != sha256:
        raise BadInput(
            f"{folder}: expected a student of {teacher} ({sha256[:12]}...), got one of "
            f"another teacher ({came!s:.12}...)"
        )

"""The policies of an evaluation, read from their checkpoints.

A teacher enters three times: with all its steps, with ten, and with one. A student
that does not beat the last has gained nothing by distillation, so it is always there.
All go down from the noisiest time (`Domain.grid`, "trailing" in diffusers). The ten
steps may be taken at Diffusion Policy's and LeRobot's times instead, which begin later
(`Domain.leading_grid`): the same teacher, and other numbers.

How all are used, `Use` says.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, cast

from torch import nn

from onehop_interfaces import BadInput, Domain, Policy
from onehop_teachers import (
    Grid,
    Sampler,
    checkpoint_in,
    checkpoint_sha256,
    ddim,
    ddpm,
    euler,
    heun,
    load_checkpoint,
)

from ._use import Use

__all__ = ["Entry", "Role", "entries_of"]


class Role(Enum):
    """What a policy is in a table: a way to sample the teacher, or a student."""

    FULL = "the teacher with all its steps"
    FEW = "the teacher in ten steps"
    ONE = "the teacher in one step"
    ACTOR = "the critic's own actor"
    DATA = "what the data did"
    STUDENT = "distilled"


@dataclass(frozen=True, eq=False)
class Entry:
    """A policy that takes part.

    Attributes:
        name: What tables and figures call it.
        policy: Decides.
        module: The networks a robot needs to run it, the encoder included.
        role: What it is beside the others.
        fingerprint: Changes when the checkpoint or the way to sample does.
        provenance: What the checkpoint says of where it comes from.
        load: Reads the policy once more, in another process.
    """

    name: str
    policy: Policy
    module: nn.Module
    role: Role
    fingerprint: str
    provenance: Mapping[str, Any]
    load: Callable[[], Policy]

    @property
    def student(self) -> bool:
        """Whether it was distilled."""
        return self.role is Role.STUDENT


def entries_of(teacher: Path, students: Sequence[Path], use: Use) -> list[Entry]:
    """The teacher's three entries, the critic's and the data's, one per student.

    Args:
        teacher: Folder of its run, or of its checkpoint.
        students: The students' folders.
        use: How they are used.

    Raises:
        BadInput: naming the folder or file that is not as expected.
    """
    teacher, *students = map(checkpoint_in, (teacher, *students))
    methods = [_method(folder) for folder in students]
    often = Counter(methods)
    others = (*_actor_entries(use), *_data_entries(use))
    sha256 = checkpoint_sha256(teacher)
    entries = [*_teacher_entries(teacher, sha256, use), *others]
    for folder, method in zip(students, methods, strict=True):
        # One student of a method needs no more than the method's name.
        where = "" if often[method] == 1 else f" {_label(folder)}"
        entry = _student_entry(folder, f"{method.upper()}{where}", use)
        _check_teacher(folder, entry, teacher, sha256)
        entries.append(entry)
    names = [entry.name for entry in entries if entry.student]
    if len(set(names)) < len(names):
        raise BadInput(f"--students: expected different names, got {names}")
    return entries


def _teacher_entries(folder: Path, sha256: str, use: Use) -> list[Entry]:
    teacher = use.teacher(folder)
    provenance = load_checkpoint(folder).provenance

    def entry(
        role: Role, title: str, sampler: Sampler, steps: int, grid: Grid = Domain.grid
    ) -> Entry:
        leading = " leading" if grid == Domain.leading_grid else ""
        name = f"{title}-{steps}{leading}"
        return Entry(
            name,
            use.sampled(teacher, sampler, steps, grid),
            use.needed(teacher),
            role,
            _fingerprint(sha256, name, use),
            provenance,
            partial(use.sampled_anew, folder, sampler, steps, grid),
        )

    domain = teacher.schedule.domain
    if domain.steps is None:
        full, title, few = entry(Role.FULL, "Heun", heun, 18), "Euler", euler
    else:
        full, title, few = entry(Role.FULL, "DDPM", ddpm, domain.steps), "DDIM", ddim
    ten = entry(Role.FEW, title, few, domain.at_most(10), use.ten_at)
    return [full, ten, entry(Role.ONE, title, few, 1)]


def _actor_entries(use: Use) -> Iterator[Entry]:
    """What the critic's actor does by itself, if there is a critic."""
    actor = use.actor()
    if actor is not None and use.critic is not None:
        yield Entry(
            "IQL actor",
            actor,
            actor.judge.actor,
            Role.ACTOR,
            _fingerprint(checkpoint_sha256(use.critic), "actor", Use(use.device)),
            load_checkpoint(use.critic).provenance,
            cast("Callable[[], Policy]", use.actor),
        )


def _data_entries(use: Use) -> Iterator[Entry]:
    """What the data did in the states nearest to the one seen, if there are data."""
    # Its noise says which of the nearest: to cool it would prefer some.
    use = replace(use, temperature=1.0)
    recalled = use.recalled()
    if recalled is not None:
        yield Entry(
            "data",
            recalled,
            use.needed(nn.ModuleList()),
            Role.DATA,
            _fingerprint(use.demonstrations.sha256, "data", use),
            {"data": str(use.data)},
            cast("Callable[[], Policy]", use.recalled),
        )


def _method(folder: Path) -> str:
    return str(load_checkpoint(folder).config.get("method"))


def _student_entry(folder: Path, name: str, use: Use) -> Entry:
    student = use.student(folder)
    return Entry(
        name,
        use.chosen(student),
        use.needed(student),
        Role.STUDENT,
        _fingerprint(checkpoint_sha256(folder), "student", use),
        load_checkpoint(folder).provenance,
        partial(use.chosen_student, folder),
    )


def _label(folder: Path) -> str:
    """The run's name: `onehop-train` calls every run's result "checkpoint"."""
    resolved = folder.resolve()
    return resolved.parent.name if resolved.name == "checkpoint" else resolved.name


def _fingerprint(sha256: str, how: str, use: Use) -> str:
    """SHA-256 over what makes the policy: whence it comes, and how it is used."""
    words = f"{how}{use.said} {sha256}"
    return hashlib.sha256(words.encode()).hexdigest()


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

"""``onehop-train``: the command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import tyro

from onehop_interfaces import exit_on_bad_input
from onehop_tasks import study_named

from ._conditions import make_conditions
from ._config import (
    Command,
    ConditionsCommand,
    CriticCommand,
    PairsCommand,
    ReturnsCommand,
    TeacherCommand,
)
from ._pairs import make_pairs
from ._train import distil, train_critic, train_returns, train_teacher

__all__ = ["main"]

DESCRIPTION = """Train a teacher, then a student from it.

What a method's settings are, onehop-train METHOD --help says.

Both, one after the other:
    onehop-train teacher --data demos.safetensors --out runs/teacher
    onehop-train sds --teacher runs/teacher --data demos.safetensors --out runs/student

Pairs once and for all, then a student of them:
    onehop-train pairs --teacher runs/teacher --data demos.safetensors
        --out runs/pairs --count 100000
    onehop-train dnk --pairs runs/pairs --teacher runs/teacher
        --data demos.safetensors --out runs/student

What the teacher's encoder makes of pictures, once and for all, then a student of it:
    onehop-train conditions --teacher runs/teacher --data pictures.safetensors
        --out conditions.safetensors
    onehop-train sdm --teacher runs/teacher --data conditions.safetensors
        --out runs/student

A critic to choose among plans by:
    onehop-train critic --data runs/cheetah.safetensors --out runs/critic

As the comparison does:
    onehop-train sdm --like pusht --teacher runs/teacher --data demos.safetensors
        --out runs/student

Go on with a run that was stopped:
    onehop-train teacher --data demos.safetensors --out runs/teacher --resume

On several GPUs or processes:
    accelerate launch --num_processes 2 -m onehop_train teacher
        --data demos.safetensors --out runs/teacher"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one sub-command."""
    try:
        with exit_on_bad_input("onehop-train"):
            words = as_in_a_study(sys.argv[1:] if argv is None else argv)
            command = tyro.cli(
                Command, args=words, prog="onehop-train", description=DESCRIPTION
            )
            if isinstance(command, TeacherCommand):
                train_teacher(command)
            elif isinstance(command, ConditionsCommand):
                make_conditions(command)
            elif isinstance(command, PairsCommand):
                make_pairs(command)
            elif isinstance(command, CriticCommand):
                train_critic(command)
            elif isinstance(command, ReturnsCommand):
                train_returns(command)
            else:
                distil(command)
    except KeyboardInterrupt:
        sys.exit("onehop-train: interrupted; the same command goes on, with --resume")


def as_in_a_study(words: Sequence[str]) -> list[str]:
    """The words with those of the study that "--like" names before them.

    Of an option that is given twice the later counts.

    Raises:
        BadInput: if there is no such study.
    """
    method, *options = words or [""]
    if "--like" not in options[:-1]:
        return list(words)
    study = study_named(options[options.index("--like") + 1], "--like")
    budget = {"teacher": study.teach, "critic": study.critic}.get(method)
    budget = budget or study.budget(method)
    return [method, "--steps", str(budget.steps), *budget.more, *options]


if __name__ == "__main__":
    main()

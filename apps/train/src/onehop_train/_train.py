"""What each sub-command composes: data, teacher, distiller, loop, checkpoint."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from onehop_envs import Demonstrations, mirrored
from onehop_interfaces import BadInput, Distiller, Recipe, Student
from onehop_methods import METHODS
from onehop_teachers import (
    DiffusionTeacher,
    TeacherTraining,
    jitter,
    load_teacher,
    save_checkpoint,
    save_teacher,
)

from ._config import DistilCommand, RunOptions, TeacherCommand
from ._data import WindowData, read_demonstrations
from ._folder import open_run
from ._launch import Minimiser
from ._loop import Plan, run
from ._meter import Metered
from ._precision import resolved
from ._provenance import plain, provenance
from ._teachers import draw_times, untrained_teacher

__all__ = ["distil", "train_teacher"]

C = TypeVar("C", bound=RunOptions)
D = TypeVar("D", bound=Distiller)


def train_teacher(command: TeacherCommand) -> None:
    """Train a teacher from demonstrations and save it."""
    command, accelerator, demonstrations = _begin(command)
    if command.mirror:
        both = [demonstrations, mirrored(demonstrations)]
        demonstrations = Demonstrations.concatenate(both)
    torch.manual_seed(command.seed)
    teacher = untrained_teacher(command.task, command.net, command.predict)
    data = WindowData(demonstrations, teacher.signature, accelerator.device)
    teacher.to(accelerator.device).fit(data.all().obs, data.all().actions)

    def make(generator: torch.Generator, minimise: Minimiser) -> TeacherTraining:
        return TeacherTraining(
            teacher,
            steps=command.steps,
            generator=generator,
            lr=command.lr,
            ema_decay=command.ema_decay,
            draw_times=draw_times(command.predict),
            augment=jitter(command.jitter),
            minimise=minimise,
        )

    training = _run(command, make, data, accelerator)
    if accelerator.is_main_process:
        notes = provenance(command, demonstrations.sha256, _last_metrics(command))
        save_teacher(command.out / "checkpoint", training.averaged, notes)


def distil(command: DistilCommand[Recipe]) -> None:
    """Distil a teacher by the command's recipe and save the student."""
    command, accelerator, demonstrations = _begin(command)
    teacher = load_teacher(command.teacher).to(accelerator.device)
    data = WindowData(demonstrations, teacher.signature, accelerator.device)

    def make(generator: torch.Generator, minimise: Minimiser) -> Metered:
        torch.manual_seed(command.seed)
        distiller = command.recipe.distiller(
            teacher, steps=command.steps, generator=generator, minimise=minimise
        )
        return Metered(distiller, teacher.net)

    distiller = _run(command, make, data, accelerator)
    if accelerator.is_main_process:
        metrics = _last_metrics(command) | distiller.cost
        notes = provenance(command, demonstrations.sha256, metrics)
        _save_student(command, distiller.policy, teacher, notes)


def _begin(command: C) -> tuple[C, Accelerator, Demonstrations]:
    """Check the options and settle the precision, read the data, open the folder."""
    command.check()
    torch.set_num_threads(command.threads)
    # Accelerate keeps the precision of a process's first run for all later ones.
    AcceleratorState._reset_state()
    precision = resolved(command.precision, Accelerator().device)
    command = dataclasses.replace(command, precision=precision)
    AcceleratorState._reset_state()
    accelerator = Accelerator(mixed_precision=precision)
    if command.batch_size % accelerator.num_processes:
        raise BadInput(
            f"--batch-size: expected a multiple of {accelerator.num_processes} "
            f"processes, got {command.batch_size}"
        )
    demonstrations = read_demonstrations(command.data)
    settings = plain(command) | {"data": demonstrations.sha256}
    if accelerator.is_main_process:
        open_run(command.out, settings, command.resume)
    accelerator.wait_for_everyone()
    return command, accelerator, demonstrations


def _run(
    command: RunOptions,
    make: Callable[[torch.Generator, Minimiser], D],
    data: WindowData,
    accelerator: Accelerator,
) -> D:
    generator = torch.Generator(accelerator.device).manual_seed(command.seed)
    distiller = make(generator, Minimiser(accelerator))
    plan = Plan(
        command.out,
        command.steps,
        command.batch_size,
        command.seed,
        command.save_every,
        command.log_every,
    )
    run(distiller, generator, data, plan, accelerator)
    return distiller


def _last_metrics(command: RunOptions) -> dict[str, Any]:
    """The log's last line."""
    lines = (command.out / "log.jsonl").read_text().splitlines()
    return json.loads(lines[-1]) if lines else {}


def _save_student(
    command: DistilCommand[Recipe],
    policy: Student,
    teacher: DiffusionTeacher,
    notes: dict[str, Any],
) -> None:
    names = {method.recipe: name for name, method in METHODS.items()}
    config = {
        "method": names[type(command.recipe)],
        "policy": policy.config(),
        "teacher": teacher.config(),
    }
    save_checkpoint(command.out / "checkpoint", policy.state_dict(), config, notes)

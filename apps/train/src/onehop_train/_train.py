"""What each sub-command composes: data, teacher, distiller, loop, checkpoint."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from onehop_envs import Demonstrations
from onehop_interfaces import BadInput, Distiller, Recipe, locked
from onehop_interfaces.learning import Run
from onehop_interfaces.options import check_options
from onehop_methods import METHODS, save_policy
from onehop_tasks import task_named
from onehop_teachers import (
    Augment,
    TeacherRecipe,
    TeacherTraining,
    checkpoint_sha256,
    jitter,
    load_teacher,
    save_teacher,
)

from ._config import DistilCommand, RunOptions, TeacherCommand
from ._data import WindowData, read_demonstrations
from ._folder import noted, open_run
from ._kind import check_kind
from ._launch import Minimiser
from ._loop import Plan, run
from ._meter import Metered
from ._precision import Precision, resolved
from ._provenance import plain, provenance
from ._teachers import draw_times, fit, untrained_teacher

__all__ = ["distil", "train_teacher"]

C = TypeVar("C", bound=RunOptions)
D = TypeVar("D", bound=Distiller)


def train_teacher(command: TeacherCommand) -> None:
    """Train a teacher from demonstrations and save it."""
    command, accelerator, demonstrations = _begin(command)
    task = task_named(command.task)
    if command.mirror:
        if task.mirror is None:
            raise BadInput(f"--mirror: expected a task that has one, got {task.name!r}")
        both = [demonstrations, task.mirror(demonstrations)]
        demonstrations = Demonstrations.concatenate(both)
    torch.manual_seed(command.seed)
    teacher = untrained_teacher(task, command.net, command.predict, command.clip)
    data = WindowData(demonstrations, teacher.signature, accelerator.device)
    fit(teacher.to(accelerator.device), data)
    contents = {"data": demonstrations.sha256}

    settings = TeacherRecipe(
        lr=command.lr,
        ema_decay=command.ema_decay,
        draw_times=draw_times(command.predict),
    )

    def make(run: Run) -> TeacherTraining:
        return TeacherTraining(teacher, settings, run)

    def save(training: TeacherTraining) -> None:
        notes = provenance(command, noted(command.out), _last_metrics(command))
        save_teacher(command.out / "checkpoint", training.averaged, notes)

    _run(command, contents, make, save, data, accelerator, jitter(command.jitter))


def distil(command: DistilCommand[Recipe]) -> None:
    """Distil a teacher by the command's recipe and save the student."""
    command, accelerator, demonstrations = _begin(command)
    teacher = load_teacher(command.teacher).to(accelerator.device)
    data = WindowData(demonstrations, teacher.signature, accelerator.device)
    check_kind(teacher, data.sample())
    contents = {
        "data": demonstrations.sha256,
        "teacher": checkpoint_sha256(command.teacher),
    }

    def make(run: Run) -> Metered:
        torch.manual_seed(command.seed)
        return Metered(command.recipe.distiller(teacher, run), teacher.net)

    def save(distiller: Metered) -> None:
        metrics = _last_metrics(command) | distiller.cost
        notes = provenance(command, noted(command.out), metrics)
        names = {method.recipe: name for name, method in METHODS.items()}
        method = names[type(command.recipe)]
        folder = command.out / "checkpoint"
        save_policy(folder, distiller.policy, method, teacher, notes)

    _run(command, contents, make, save, data, accelerator)


def _begin(command: C) -> tuple[C, Accelerator, Demonstrations]:
    """Check the options, settle the precision and read the data; nothing is written."""
    check_options(command)
    torch.set_num_threads(command.threads)
    # Accelerate keeps the precision of a process's first run for all later ones.
    AcceleratorState._reset_state()
    precision = _precision(command)
    command = dataclasses.replace(command, precision=precision)
    AcceleratorState._reset_state()
    accelerator = Accelerator(mixed_precision=precision)
    if command.batch_size % accelerator.num_processes:
        raise BadInput(
            f"--batch-size: expected a multiple of {accelerator.num_processes} "
            f"processes, got {command.batch_size}"
        )
    return command, accelerator, read_demonstrations(command.data)


def _precision(command: RunOptions) -> Precision:
    """What "auto" means here: in a run that is gone on with, what it meant before."""
    if command.resume and command.precision == "auto":
        before: Precision = noted(command.out).get("precision", "auto")
        return resolved(before, Accelerator().device)
    return resolved(command.precision, Accelerator().device)


def _run(
    command: RunOptions,
    contents: Mapping[str, str],
    make: Callable[[Run], D],
    save: Callable[[D], None],
    data: WindowData,
    accelerator: Accelerator,
    augment: Augment = lambda batch, generator: batch,
) -> None:
    """Make the distiller, train and save it, with the folder held from there on.

    Args:
        command: The options.
        contents: Hashes, by option, of what it names; a path may come to hold another.
        make: The distiller of this run; refuses what it cannot be made of.
        save: Writes the checkpoint.
        data: The windows.
        accelerator: The launcher, whose main process alone writes.
        augment: How batches are to be seen; as they are by default.
    """
    generator = torch.Generator(accelerator.device).manual_seed(command.seed)
    distiller = make(Run(command.steps, generator, Minimiser(accelerator)))
    plan = Plan(
        command.out,
        command.steps,
        command.batch_size,
        command.seed,
        command.save_every,
        command.log_every,
    )
    main = accelerator.is_main_process
    with locked(command.out) if main else nullcontext():
        if main:
            open_run(command.out, {**plain(command), **contents}, command.resume)
        accelerator.wait_for_everyone()
        run(distiller, generator, data, plan, accelerator, augment)
        if main:
            save(distiller)


def _last_metrics(command: RunOptions) -> dict[str, Any]:
    """The log's last line."""
    lines = (command.out / "log.jsonl").read_text().splitlines()
    return json.loads(lines[-1]) if lines else {}

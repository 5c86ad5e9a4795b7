"""What every run has in common: options, precision, data; folder, loop, checkpoint."""

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
from onehop_interfaces import BadInput, locked
from onehop_interfaces.learning import Run
from onehop_interfaces.options import check_options

from ._config import RunOptions
from ._data import read_demonstrations
from ._folder import noted, open_run
from ._launch import Minimiser
from ._loop import Data, Learner, Plan, run
from ._precision import Precision, resolved
from ._provenance import plain

__all__ = ["begin", "carry_out", "last_metrics"]

B = TypeVar("B")
C = TypeVar("C", bound=RunOptions)
L = TypeVar("L", bound=Learner[Any])


def begin(command: C) -> tuple[C, Accelerator, Demonstrations]:
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


def carry_out(
    command: RunOptions,
    contents: Mapping[str, str],
    make: Callable[[Run], L],
    save: Callable[[L], None],
    data: Data[B],
    accelerator: Accelerator,
    augment: Callable[[B, torch.Generator], B] = lambda batch, generator: batch,
) -> None:
    """Make the learner, train and save it, with the folder held from there on.

    Args:
        command: The options.
        contents: Hashes, by option, of what it names; a path may come to hold another.
        make: The learner of this run; refuses what it cannot be made of.
        save: Writes the checkpoint.
        data: What it learns from.
        accelerator: The launcher, whose main process alone writes.
        augment: How batches are to be seen; as they are by default.
    """
    generator = torch.Generator(accelerator.device).manual_seed(command.seed)
    learner = make(Run(command.steps, generator, Minimiser(accelerator)))
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
        run(learner, generator, data, plan, accelerator, augment)
        if main:
            save(learner)


def last_metrics(command: RunOptions) -> dict[str, Any]:
    """The log's last line."""
    lines = (command.out / "log.jsonl").read_text().splitlines()
    return json.loads(lines[-1]) if lines else {}

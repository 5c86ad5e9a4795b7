"""The one training loop: draw, update, log, save. It knows no method's name.

    for step = 1, ..., steps:
        batch = windows drawn by (seed, step, rank), augmented
        metrics = distiller.update(batch)

The generator that the distiller was given is reseeded before each step in the same way
(`_data` says why), so the state of a run is the distiller's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from tqdm import tqdm

from onehop_interfaces import Distiller
from onehop_teachers import Augment

from ._data import WindowData, step_seed
from ._launch import check_finite, check_in_step
from ._log import Log
from ._state import restore, write_state

__all__ = ["Plan", "run"]


@dataclass(frozen=True)
class Plan:
    """How long, how often, where.

    Attributes:
        out: The run's folder.
        steps: Updates in all.
        batch_size: Windows per update, over all processes.
        seed: Of everything drawn by chance.
        save_every: Updates between two saved states.
        log_every: Updates averaged into one line of the log.
    """

    out: Path
    steps: int
    batch_size: int
    seed: int
    save_every: int
    log_every: int


def run(
    distiller: Distiller,
    generator: torch.Generator,
    data: WindowData,
    plan: Plan,
    accelerator: Accelerator,
    augment: Augment,
) -> None:
    """Train to `plan.steps`, going on from the last saved state if there is one.

    Raises:
        BadInput: if a metric or a weight is no longer finite.
    """
    first = restore(distiller, plan.out / "states")
    main = accelerator.is_main_process
    log = Log(plan.out, first, plan.log_every) if main else None
    size = plan.batch_size // accelerator.num_processes
    step = first
    with tqdm(
        total=plan.steps, initial=first, disable=not main, unit="step", mininterval=1
    ) as bar:
        try:
            for step in range(first + 1, plan.steps + 1):
                seed = step_seed(plan.seed, step, accelerator.process_index)
                generator.manual_seed(seed)
                with accelerator.autocast():
                    batch = augment(data.draw(size, seed), generator)
                    metrics = distiller.update(batch)
                check_finite(accelerator, step, metrics)
                bar.update()
                if log:
                    log.add(step, metrics)
                    bar.set_postfix({"loss": f"{metrics['loss']:.4f}"}, refresh=False)
                if step % plan.save_every == 0 or step == plan.steps:
                    _save(distiller, plan.out / "states", step, accelerator)
        except KeyboardInterrupt:
            # This update may be half done, so nothing is saved.
            raise SystemExit(f"stopped in step {step}; go on with --resume") from None
        finally:
            if log:
                log.close()


def _save(
    distiller: Distiller, folder: Path, step: int, accelerator: Accelerator
) -> None:
    state = distiller.state_dict()
    check_in_step(accelerator, step, _digest(state, accelerator.device))
    if accelerator.is_main_process:
        write_state(folder, step, state)
    accelerator.wait_for_everyone()


def _digest(state: Any, device: torch.device) -> torch.Tensor:
    """The sum of all floating-point tensors in a nested state."""
    if isinstance(state, torch.Tensor):
        total = state.double().sum() if state.is_floating_point() else torch.zeros(())
        return total.to(device)
    if isinstance(state, dict):
        state = list(state.values())
    if isinstance(state, list | tuple):
        parts = [_digest(value, device) for value in state]
        return torch.stack(parts).sum() if parts else torch.zeros((), device=device)
    return torch.zeros((), device=device)

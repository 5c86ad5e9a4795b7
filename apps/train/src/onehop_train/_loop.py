"""The one training loop: draw, update, log, save. It knows no method's name.

    for step = 1, ..., steps:
        batch = drawn by (seed, step, rank), augmented
        metrics = learner.update(batch)

The generator that the learner was given is reseeded before each step in the same way
(`_data` says why), so the state of a run is the learner's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from accelerate import Accelerator
from tqdm import tqdm

from onehop_interfaces.learning import Stateful

from ._data import step_seed
from ._launch import check_finite, check_in_step
from ._log import Log
from ._state import restore, write_state

__all__ = ["Data", "Learner", "Plan", "run"]

B = TypeVar("B")
Contra = TypeVar("Contra", contravariant=True)
Co = TypeVar("Co", covariant=True)


class Data(Protocol[Co]):
    """What batches are drawn from."""

    def draw(self, size: int, seed: int) -> Co:
        """A batch of that size, by the seed alone."""
        ...


class Learner(Stateful, Protocol[Contra]):
    """What learns from batches, such as `onehop_interfaces.Distiller`."""

    def update(self, batch: Contra, /) -> Mapping[str, float]:
        """Learn from one; metrics, the loss among them."""
        ...


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
    learner: Learner[B],
    generator: torch.Generator,
    data: Data[B],
    plan: Plan,
    accelerator: Accelerator,
    augment: Callable[[B, torch.Generator], B],
) -> None:
    """Train to `plan.steps`, going on from the last saved state if there is one.

    Raises:
        BadInput: if a metric or a weight is no longer finite.
    """
    first = restore(learner, plan.out / "states")
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
                    metrics = learner.update(batch)
                check_finite(accelerator, step, metrics)
                bar.update()
                if log:
                    log.add(step, metrics)
                    bar.set_postfix({"loss": f"{metrics['loss']:.4f}"}, refresh=False)
                if step % plan.save_every == 0 or step == plan.steps:
                    _save(learner, plan.out / "states", step, accelerator)
        except KeyboardInterrupt:
            # This update may be half done, so nothing is saved.
            raise SystemExit(f"stopped in step {step}; go on with --resume") from None
        finally:
            if log:
                log.close()


def _save(
    learner: Learner[Any], folder: Path, step: int, accelerator: Accelerator
) -> None:
    state = learner.state_dict()
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

"""onehop-evaluate: policies side by side, from the same starts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import tyro

from onehop_interfaces import Domain, exit_on_bad_input, locked
from onehop_tasks import task_named

from ._device import device_named
from ._entries import entries_of
from ._evaluation import Conditions, evaluate, roll_out
from ._progress import progress_bars
from ._provenance import provenance
from ._report import draw, print_table, write
from ._use import Use
from .config import Config

__all__ = ["main", "run"]


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate as the command line says."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    config = tyro.cli(Config, prog="onehop-evaluate", args=arguments)
    try:
        with exit_on_bad_input("onehop-evaluate"):
            run(config, ["onehop-evaluate", *arguments])
    except KeyboardInterrupt:
        sys.exit("onehop-evaluate: interrupted; the same command goes on from here")


def run(config: Config, command: list[str]) -> None:
    """Read, measure, write.

    Raises:
        BadInput: if an option, a checkpoint or what a policy does is not as expected.
    """
    config.check()
    task, device = task_named(config.task), device_named(config.device)
    use = Use(
        device,
        config.n_action,
        config.critic,
        config.candidates,
        Domain.leading_grid if config.leading else Domain.grid,
        config.guidance,
        config.temperature,
        config.ahead,
        config.data,
    )
    conditions = Conditions(
        task=task,
        starts=task.starts_named(config.starts).take(config.episodes),
        starts_name=config.starts,
        seed=config.seed,
        use=use,
        latency_rounds=config.latency_rounds,
        onnx=config.onnx,
        workers=config.workers if device.type == "cpu" else 1,
    )
    entries = entries_of(config.teacher, config.students, use)
    for entry in entries:
        task.check(entry.name, entry.policy.signature)
    if config.rollouts_only:
        # Episodes are files of their own, which several processes may add to.
        config.out.mkdir(parents=True, exist_ok=True)
        with progress_bars() as bar:
            roll_out(entries, conditions, config.out / "rollouts", bar)
        return
    groups = {entry.name: [entry] for entry in entries}
    with locked(config.out):
        with progress_bars() as bar:
            rows = evaluate(groups, conditions, config.out / "rollouts", bar)
        notes = provenance(command, task.scene.libraries)
        write(config.out, rows, conditions, notes)
        print_table(rows, conditions)
        if config.figures:
            draw(config.out, rows, conditions)


if __name__ == "__main__":
    main()

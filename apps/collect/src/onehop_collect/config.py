"""The command line of onehop-collect."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from onehop_interfaces import BadInput
from onehop_interfaces.options import Workers, check_options
from onehop_tasks import Manner, task_named

from ._collection import Collection

__all__ = ["Config"]


@dataclass(frozen=True)
class Config:
    """Collect demonstrations of a task into one file.

    An interrupted collection goes on where it stopped when the command is given again,
    with as many workers as you like; the file comes out the same, byte for byte.

    Seven hundred demonstrations of Push-T's planner, on every core:
        onehop-collect --out demos.safetensors --episodes 700 --temperature 1

    A few, each from a start of its own and always the best plan:
        onehop-collect --out few.safetensors --episodes 5 --seed 7

    The actors of a file, a thousand steps each:
        onehop-collect --task halfcheetah --policies actors.npz --out run.safetensors

    Twenty demonstrations of each of the 24 ways past Avoiding's cylinders:
        onehop-collect --task avoiding --out avoiding.safetensors --episodes 480
    """

    out: Path
    """The demonstration file to write; one of another collection is not replaced."""

    task: str = "pusht"
    """What is demonstrated (`onehop-tasks` lists what there is); of avoiding, episode i
    goes way i mod 24."""

    episodes: int = 700
    """How many episodes the file is to hold."""

    seed: int = 0
    """Episode i is drawn from seed 1000000 (1 + SEED) + i, its start as the environment
    draws it; evaluation uses seeds below 1000000 only."""

    temperature: float = 0.0
    """Push-T only: how many steps longer than the best a plan may well be; 0 is always
    the best, 1 makes demonstrations mildly multimodal."""

    policies: Path | None = None
    """HalfCheetah and Walker2d: a file of actors, who show how in turn. Adroit: a file
    of experts, one for each task."""

    states: Path | None = None
    """Push-T from pictures: a file of episodes to draw, in place of the planner's own.
    Adroit: a folder of Minari's episodes to look at anew, in place of the expert's."""

    max_steps: int | None = None
    """Steps after which an episode counts as unsolved; None is as many as the
    environment allows."""

    keep_unsolved: bool = False
    """Keep episodes that did not reach the goal instead of replacing them."""

    workers: Workers = os.cpu_count() or 1
    """Processes to use."""

    def collection(self) -> Collection:
        """What is to be collected.

        Raises:
            BadInput: naming the option that cannot be.
        """
        check_options(self)
        task = task_named(self.task)
        if task.demonstrator is None:
            raise BadInput(
                f"--task: expected one that is demonstrated, got {self.task}"
            )
        source = task.demonstrator(Manner(self.temperature, self.policies, self.states))
        return Collection(
            source=source,
            episodes=self.episodes,
            seed=self.seed,
            max_steps=source.max_steps if self.max_steps is None else self.max_steps,
            keep_unsolved=self.keep_unsolved,
        )

"""The command line of onehop-collect."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from onehop_interfaces import BadInput

from ._collection import Collection

__all__ = ["Config"]


@dataclass(frozen=True)
class Config:
    """Collect Push-T demonstrations of the planner into one file.

    An interrupted collection goes on where it stopped when the command is given again,
    with as many workers as you like; the file comes out the same, byte for byte.

    Seven hundred demonstrations on every core:

    onehop-collect --out demos.safetensors --episodes 700 --temperature 1

    A few, each from a start of its own and always the best plan:

    onehop-collect --out few.safetensors --episodes 5 --seed 7
    """

    out: Path
    """The demonstration file to write; one of another collection is not replaced."""

    episodes: int = 700
    """How many episodes the file is to hold."""

    seed: int = 0
    """Episode i starts where the environment starts for seed 1000000 (1 + SEED) + i;
    evaluation uses seeds below 1000000 only."""

    temperature: float = 0.0
    """How many steps longer than the best a plan may well be; 0 is always the best, 1
    makes demonstrations mildly multimodal."""

    max_steps: int = 300
    """Steps after which an episode counts as unsolved."""

    keep_unsolved: bool = False
    """Keep episodes that did not reach the goal instead of replacing them."""

    workers: int = os.cpu_count() or 1
    """Processes to use."""

    def collection(self) -> Collection:
        """What is to be collected.

        Raises:
            BadInput: naming the option that cannot be.
        """
        if self.workers < 1:
            raise BadInput(f"--workers: expected at least 1, got {self.workers}")
        return Collection(
            episodes=self.episodes,
            seed=self.seed,
            temperature=self.temperature,
            max_steps=self.max_steps,
            keep_unsolved=self.keep_unsolved,
        )

"""The command line of onehop-import."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import tyro

from onehop_teachers import DiffusionTeacher

from ._diffusion_policy import from_diffusion_policy
from ._lerobot import from_lerobot

__all__ = ["DESCRIPTION", "Command", "Data", "DiffusionPolicy", "Import", "LeRobot"]

DESCRIPTION = """Make a teacher of another project's checkpoint, or a demonstration file
of its data.

LeRobot's, from the folder of a checkpoint or of a policy:
    onehop-import lerobot outputs/train/pusht/checkpoints/last --out runs/teacher

Diffusion Policy's, from its file:
    onehop-import diffusion-policy data/outputs/latest.ckpt --out runs/teacher

Data of LeRobot, Diffusion Policy (zarr), robomimic, LIBERO, Minari, D4RL or D3IL:
    onehop-import data pusht_cchi_v7_replay.zarr.zip --out demonstrations.safetensors
"""


@dataclass(frozen=True)
class Import(ABC):
    """What is imported, and where to."""

    source: tyro.conf.Positional[Path]
    """A file or a folder of another project."""

    out: Path
    """Folder of the teacher's checkpoint to write, in place of one that is there."""

    @abstractmethod
    def teacher(self) -> DiffusionTeacher:
        """What the source holds."""


@dataclass(frozen=True)
class LeRobot(Import):
    """Of a diffusion policy of LeRobot."""

    def teacher(self) -> DiffusionTeacher:
        """See `from_lerobot`."""
        return from_lerobot(self.source)


@dataclass(frozen=True)
class DiffusionPolicy(Import):
    """Of a checkpoint of Diffusion Policy."""

    def teacher(self) -> DiffusionTeacher:
        """See `from_diffusion_policy`."""
        return from_diffusion_policy(self.source)


@dataclass(frozen=True)
class Data:
    """Of data: a demonstration file. What was interrupted goes on where it stopped."""

    source: tyro.conf.Positional[Path]
    """A file or a folder of demonstrations of another project; which one is seen."""

    out: Path
    """Demonstration file to write (.safetensors), in place of one that is there."""


Command: TypeAlias = (
    Annotated[LeRobot, tyro.conf.subcommand("lerobot")]
    | Annotated[DiffusionPolicy, tyro.conf.subcommand("diffusion-policy")]
    | Annotated[Data, tyro.conf.subcommand("data")]
)
"""What `onehop-import` is told."""

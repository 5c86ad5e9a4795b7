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

__all__ = ["DESCRIPTION", "Command", "DiffusionPolicy", "Import", "LeRobot"]

DESCRIPTION = """Make a teacher of another project's checkpoint.

LeRobot's, from the folder of a checkpoint or of a policy:
    onehop-import lerobot outputs/train/pusht/checkpoints/last --out runs/teacher

Diffusion Policy's, from its file:
    onehop-import diffusion-policy data/outputs/latest.ckpt --out runs/teacher
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


Command: TypeAlias = (
    Annotated[LeRobot, tyro.conf.subcommand("lerobot")]
    | Annotated[DiffusionPolicy, tyro.conf.subcommand("diffusion-policy")]
)
"""What `onehop-import` is told."""

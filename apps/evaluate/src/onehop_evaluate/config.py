"""The command line of onehop-evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Config"]


@dataclass(frozen=True)
class Config:
    """Evaluate a teacher and its students side by side, from the same starts.

    The teacher enters three times: with all its steps, with ten, and with one. An
    interrupted evaluation goes on where it stopped when the command is given again.

    Examples:
        onehop-evaluate --teacher runs/teacher --students runs/sds --out runs/table

        onehop-evaluate --teacher runs/teacher --students runs/a runs/b
        --out runs/choose --starts validation --episodes 50
    """

    teacher: Path
    """Folder of the teacher's checkpoint."""

    out: Path
    """Folder for table.md, results.json, the figures and race.gif."""

    students: tuple[Path, ...] = ()
    """Folders of the students' checkpoints, any number."""

    task: str = "pusht"
    """What to do: pusht."""

    starts: str = "test"
    """Where to begin: test (report these), validation (choose by these), or paper
    (Diffusion Policy's 50)."""

    episodes: int | None = None
    """How many of the starts; without it 200, or all 50 of paper."""

    seed: int = 0
    """Of the policies' noise."""

    device: str = "cpu"
    """Where to compute: cpu, cuda, cuda:1, mps, ..."""

    latency_rounds: int = 20
    """Rounds of ten timed decisions per policy and number of threads."""

    figures: bool = True
    """Draw the figures and the race."""

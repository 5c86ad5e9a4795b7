"""The command line of onehop-evaluate."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from onehop_interfaces import BadInput
from onehop_interfaces.options import (
    NonNegative,
    Seed,
    Size,
    Workers,
    check_options,
)

__all__ = ["Config"]


@dataclass(frozen=True)
class Config:
    """Evaluate a teacher and its students side by side, from the same starts.

    The teacher enters three times: with all its steps, with ten, and with one. An
    interrupted evaluation goes on where it stopped when the command is given again.

    A table to report:
        onehop-evaluate --teacher runs/teacher --students runs/sds --out runs/table

    A quick look while choosing between students:
        onehop-evaluate --teacher runs/teacher --students runs/a runs/b
            --out runs/choice --starts validation --episodes 50 --no-figures

    The best of 16 plans by a critic:
        onehop-evaluate --task halfcheetah --teacher runs/teacher --students runs/dnk
            --critic runs/critic --candidates 16 --out runs/best
    """

    teacher: Path
    """Folder of the teacher's run, or of its checkpoint."""

    out: Path
    """Folder for table.md, results.json, the figures and race.gif."""

    students: tuple[Path, ...] = ()
    """Folders of the students' runs or checkpoints, any number."""

    leading: bool = False
    """Take the teacher's ten steps at Diffusion Policy's and LeRobot's times ("leading"
    in diffusers), instead of from the noisiest time down ("trailing")."""

    task: str = "pusht"
    """What to do; `onehop-tasks` lists what there is."""

    starts: str = "test"
    """Where to begin: test (report these), validation (choose by these), or paper
    (Diffusion Policy's 50)."""

    episodes: int | None = None
    """How many of the starts; without it 200, or all 50 of paper."""

    n_action: int | None = None
    """Actions of a plan that every policy carries out before it decides anew; without
    it as many as its teacher was made for."""

    critic: Path | None = None
    """Folder of a run of a critic or of a return classifier, or of its checkpoint:
    every policy plans several times, and what it values most is carried out."""

    candidates: Size = 1
    """How many plans it chooses among."""

    ahead: bool = False
    """Let the critic value the states that plans end in (V), not their first actions
    (Q)."""

    guidance: NonNegative = 0.0
    """How far a return classifier moves what the teacher denoises, as a multiple of its
    gradient; students are not guided."""

    temperature: NonNegative = 1.0
    """What the noise of all policies is multiplied by: less is less variety."""

    data: Path | None = None
    """Demonstrations with states: what they did in the states nearest to the one seen
    is a row, which has learned nothing and shows what choosing does by itself."""

    seed: Seed = 0
    """Of the policies' noise."""

    device: str = "cpu"
    """Where to compute: cpu, cuda, cuda:1, mps, ..."""

    latency_rounds: Size = 20
    """Rounds of ten timed decisions per policy and number of threads."""

    onnx: bool = False
    """Time students by ONNX, too, as on a computer without torch: seconds for each."""

    figures: bool = True
    """Draw the figures and the race."""

    rollouts_only: bool = False
    """Only roll out, into <out>/rollouts, where a later call finds the episodes."""

    workers: Workers = os.cpu_count() or 1
    """Processes to roll out by; episodes are the same by any number, but for the last
    bits of sums over batches."""

    def check(self) -> None:
        """Refuse what could only fail later.

        Raises:
            BadInput: naming the option.
        """
        if self.out.exists() and not self.out.is_dir():
            raise BadInput(f"--out: expected a folder, {self.out} is a file")
        check_options(self)

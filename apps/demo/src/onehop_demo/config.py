"""The options of the main job."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from onehop_interfaces.options import Count, between

__all__ = ["Demo"]


@dataclass(frozen=True)
class Demo:
    """Distil a Push-T diffusion policy into one step, and set the two side by side.

    Teacher and demonstrations come from the zoo unless told otherwise. An interrupted
    job goes on where it stopped when the command is given again.

    In a few minutes, with the zoo's teacher:
        onehop-demo

    Demonstrations and teacher made here, too:
        onehop-demo --from-scratch
    """

    out: Path | None = None
    """Folder of everything this makes, and where an interrupted job is gone on with;
    without it runs/demo, runs/from-scratch or runs/human."""

    from_scratch: bool = False
    """Collect the demonstrations and train the teacher first."""

    human: Path | None = None
    """Diffusion Policy's zarr of human demonstrations, to train on from scratch and to
    be judged on the paper's 50 starts."""

    seed: Annotated[int, between(0, 1000)] = 0
    """Seed of collecting, training and distilling."""

    demonstrations: Annotated[int, between(1, 100_000)] = 800
    """Episodes to collect."""

    teacher_steps: Count | None = None
    """Updates of the teacher, if not 24,000."""

    student_steps: Count | None = None
    """Updates of either student, if not 5,000 of SDM and 2,400 of SwiftPolicy."""

    precision: Literal["auto", "no", "bf16"] = "auto"
    """bf16 takes half the time on CPUs that have instructions for it; no is faster on
    those that have none; auto finds out."""

    episodes: Annotated[int, between(2, 100_000)] = 200
    """Unseen starts to be judged on (`--human`: the paper's first so many of 50)."""

    @property
    def folder(self) -> Path:
        """`out`, or the folder of this kind of job."""
        if self.out is not None:
            return self.out
        if self.human is not None:
            return Path("runs/human")
        return Path("runs/from-scratch" if self.from_scratch else "runs/demo")

"""The options of the main job."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Demo"]


@dataclass(frozen=True)
class Demo:
    """Distil a Push-T diffusion policy into one step, and set the two side by side.

    Teacher and demonstrations come from the zoo unless told otherwise.
    """

    out: Path = Path("runs/demo")
    """Folder of everything this makes; a job begun there goes on where it was."""

    from_scratch: bool = False
    """Collect the demonstrations and train the teacher first."""

    human: Path | None = None
    """Diffusion Policy's zarr of human demonstrations, to train on from scratch and to
    be judged on the paper's 50 starts."""

    seed: int = 0
    """Seed of collecting, training and distilling."""

    demonstrations: int = 400
    """Episodes to collect."""

    teacher_steps: int = 20_000
    """Updates of the teacher."""

    student_steps: int = 2_000
    """Updates of the student."""

    episodes: int = 200
    """Unseen starts to be judged on (`--human`: the paper's first so many of 50)."""

"""What can be asked of ``onehop-train``: one sub-command per thing to train.

A distillation sub-command is the common options below plus the fields of the method's
recipe; which methods there are, `onehop_methods` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, Union

import tyro

from onehop_interfaces.options import (
    Count,
    Decay,
    NonNegative,
    Positive,
    Rows,
    Seed,
    Share,
    Size,
    Workers,
)
from onehop_methods import METHODS
from onehop_selectors import IQLRecipe, ReturnRecipe

from ._precision import Precision
from ._teachers import Net, Predict

__all__ = [
    "Command",
    "ConditionsCommand",
    "CriticCommand",
    "DistilCommand",
    "PairsCommand",
    "ReturnsCommand",
    "RunOptions",
    "TeacherCommand",
]

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of every run."""

    data: Path
    """Demonstrations: a file of onehop-collect's or onehop-import's, Diffusion Policy's
    zarr, a folder of LeRobot's, Minari's or D3IL's (Avoiding), robomimic's or D4RL's
    HDF5. Pictures in large data sets want onehop-import data first."""
    out: Path
    """Folder of the run; the finished policy is <out>/checkpoint."""
    steps: Count
    """Updates in all."""
    batch_size: Rows = 256
    """Windows per update, over all processes."""
    seed: Seed = 0
    """Of everything drawn by chance."""
    precision: Precision = "no"
    """Mixed precision: none, bfloat16, or auto: whichever is faster here."""
    threads: Workers = 1
    """CPU threads of one process; the result depends on it in the last bits."""
    like: str | None = None
    """Train as a study of `onehop-tasks` does: its number of updates and its settings
    for this method, unless they are given."""
    save_every: Count = 500
    """Updates between two saved states: a killed run loses at most these."""
    log_every: Count = 50
    """Updates averaged into one line of the log."""
    resume: bool = False
    """Go on with the run in <out>, if one is there. --steps may be another number than
    before: what changes over a run, such as the learning rate, is laid out for the new
    number from there on, so that a run made longer is not the one that was planned as
    long."""


@dataclass(frozen=True, kw_only=True)
class TeacherCommand(RunOptions):
    """Train a multi-step teacher on demonstrations."""

    task: str = "pusht"
    """What the demonstrations are of; `onehop-tasks` lists what there is."""
    steps: Count = 24_000
    """Updates in all."""
    net: Net = "mlp"
    """A residual MLP; Diffusion Policy's 1-D U-Net, narrowed (ten times the cost); or
    that of Simple DP3, which is wider."""
    predict: Predict = "x"
    """What the network predicts; edm comes with EDM's schedule."""
    clip: Positive | None = None
    """Bound of chunks, in standard deviations of the actions; if not given the data's
    greatest for eps, whose chunks leave all bounds without, and none for the others."""
    lr: Positive = 1e-3
    """AdamW's highest learning rate; it falls to zero as a cosine."""
    ema_decay: Decay = 0.9995
    """Decay of the averaged weights per update."""
    first_action: NonNegative = 1.0
    """Weight of the error of the action that is for now."""
    draws: Size = 1
    """Noises and times that a window is learned at, per update; more where pictures
    are seen, which are then encoded once for all."""
    jitter: NonNegative = 0.0
    """Noise added to observations while training, in their units; 3 px for Push-T
    where demonstrations are few."""
    jitter_of: tuple[str, ...] = ()
    """The observations it is added to; all if none are named."""
    drop_points: Share = 0.0
    """Share of a cloud's points that are left out while training, others each time;
    what is left costs that much less to learn from."""
    crop: Size | None = None
    """Side of the square [px] that is cut out of pictures: at random while learning,
    its middle later; all of them are seen whole without."""
    mirror: bool = False
    """Learn from demonstrations and from their mirror images, where the task looks the
    same in a mirror, as Push-T does."""
    half: bool = False
    """Write the weights in half precision: half the size, and a finished run can be
    written anew, with --resume."""


@dataclass(frozen=True, kw_only=True)
class DistilCommand(RunOptions, Generic[R]):
    """Distil a teacher into one network call, by the recipe of one method."""

    recipe: tyro.conf.OmitArgPrefixes[R]
    """The method's own settings."""
    teacher: Path
    """Folder of the teacher's run, or of its checkpoint."""
    steps: Count = 2_000
    """Updates in all."""


@dataclass(frozen=True, kw_only=True)
class CriticCommand(RunOptions):
    """Train a critic by implicit Q-learning on demonstrations with rewards.

    Candidates of a policy are chosen among by it.
    """

    recipe: tyro.conf.OmitArgPrefixes[IQLRecipe]
    """Implicit Q-learning's own settings."""
    precision: Literal["no"] = "no"
    """Single alone: an advantage is a small difference of values, of which bfloat16
    rounds every one to a 256th."""
    obs: str = "state"
    """The observation that values are of."""
    held_out: Share = 0.05
    """Of the episodes, by which values are judged in the end; none if that is less than
    one."""
    steps: Count = 100_000
    """Updates in all."""
    save_every: Count = 5_000
    """Updates between two saved states: a killed run loses at most these."""


@dataclass(frozen=True, kw_only=True)
class ReturnsCommand(RunOptions):
    """Train a classifier of what plans return, noisy ones too.

    Candidates of a policy are chosen among by it, and a teacher is guided.
    """

    recipe: tyro.conf.OmitArgPrefixes[ReturnRecipe]
    """The classifier's own settings."""
    teacher: Path
    """Folder of the teacher's run, or of its checkpoint, in whose spaces plans are."""
    gamma: Share = 0.99
    """What a reward one step later is worth; .997 in Diffuser."""
    unknown: Share = 0.1
    """Windows are left out where more of the return, as a share, was to come when the
    recording stopped: gamma to the power of the steps that were left."""
    steps: Count = 20_000
    """Updates in all."""


@dataclass(frozen=True, kw_only=True)
class PairsCommand:
    """Write pairs of noise and the teacher's chunk, once, for dnk, kdm and kdm-f.

    A run that was stopped goes on with the same command.
    """

    teacher: Path
    """Folder of the teacher's run, or of its checkpoint."""
    data: Path
    """Demonstrations, whose observations the teacher is asked at."""
    out: Path
    """Folder of the pairs."""
    count: Count = 100_000
    """Pairs, rounded up to whole shards."""
    shard_size: Rows = 8_192
    """Pairs in a file."""
    teacher_steps: Size = 10
    """DDIM steps of the teacher per pair."""
    tau: tuple[float, ...] = (1.0,)
    """Temperatures of the prior."""
    tau_probabilities: tuple[float, ...] = (1.0,)
    """How often each of them is drawn."""
    returns: Path | None = None
    """Folder of a return classifier's run: pairs count between .5 and 1.5 times, by the
    rank of what their chunks return."""
    seed: Seed = 0
    """Of everything drawn by chance."""
    threads: Workers = 1
    """CPU threads."""


@dataclass(frozen=True, kw_only=True)
class ConditionsCommand:
    """Write what a teacher's encoder makes of demonstrations, once, for all students.

    Worth it where pictures are seen: students learn from the file, given as --data,
    what they would from the pictures, at the cost of their network alone. A run that
    was stopped goes on with the same command.
    """

    teacher: Path
    """Folder of the teacher's run, or of its checkpoint."""
    data: Path
    """Demonstrations that it sees."""
    out: Path
    """The file to write."""
    threads: Workers = 1
    """CPU threads; the result depends on it in the last bits."""


Command: Any = Union[
    (
        Annotated[TeacherCommand, tyro.conf.subcommand("teacher")],
        Annotated[ConditionsCommand, tyro.conf.subcommand("conditions")],
        Annotated[PairsCommand, tyro.conf.subcommand("pairs")],
        Annotated[CriticCommand, tyro.conf.subcommand("critic")],
        Annotated[ReturnsCommand, tyro.conf.subcommand("returns")],
        *(
            Annotated[
                DistilCommand[method.recipe],  # type: ignore[name-defined]
                tyro.conf.subcommand(name, description=method.about),
            ]
            for name, method in METHODS.items()
        ),
    )
]

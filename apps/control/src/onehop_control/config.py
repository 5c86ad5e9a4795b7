"""The command line of onehop-control."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import tyro

from onehop_interfaces import BadInput
from onehop_interfaces.options import (
    NonNegative,
    Positive,
    Size,
    Workers,
    check_options,
)
from onehop_kinova_driver import Scene, Vec3

from ._choice import ByPlanner, Choice, StraightOn
from ._options import Arm, Choosing, Flown
from ._problem import Problem, drawn, told

__all__ = [
    "DESCRIPTION",
    "Bench",
    "Command",
    "Doctor",
    "Preflight",
    "Replay",
    "Run",
    "Shadow",
    "Sim",
]

DESCRIPTION = """Move a Kinova Gen3 by a policy: simulated, watched, for real, replayed.

What is installed here, and what that is enough for:
    onehop-control doctor

A simulated arm among obstacles, moved by an exported student, or by no network:
    onehop-control sim student.onnx --seed 500003 --out runs/sim
    onehop-control sim --planner --seed 500003

Teacher and students on the same fifty problems, as in the paper's Table II:
    onehop-control bench runs/teacher runs/sds runs/sdm --out runs/bench

The arm of metal: looked at, followed without moving it, moved:
    onehop-control preflight --address 192.168.1.10 --serial EN0123456
    onehop-control shadow student.onnx --address 192.168.1.10
        --scene scene.json --goal 0.45 0.25 0.3 --serial EN0123456
    onehop-control run student.onnx --address 192.168.1.10 --out runs/first
        --scene scene.json --goal 0.45 0.25 0.3 --serial EN0123456 --enable-motion

What the gate says to a log now:
    onehop-control replay runs/sim/log
"""


@dataclass(frozen=True, kw_only=True)
class Sim(Flown):
    """A simulated arm, in real time, the policy in a process of its own."""

    arm: Arm | None = None
    """With masses or without; MuJoCo where it is installed."""
    scene: Path | None = None
    """JSON of the obstacles, instead of a problem that --seed draws; needs --goal."""
    goal: Vec3 | None = None
    """Where the tool is to go [m]; needs --scene."""
    patience: Positive = 0.2
    """The age of a target at which the driver stops, or the time for which it may
    itself hang, up to 1 on a busy machine [s]."""
    out: Path | None = None
    """A new folder for the log, the decisions and result.json."""
    video: Path | None = None
    """A film to draw, .gif or .mp4 (onehop-control[video])."""
    view: bool = False
    """Show the arm in a browser (onehop-control[view])."""

    @property
    def problem(self) -> Problem:
        """What is to be done.

        Raises:
            BadInput: if it is told by halves, or cannot be had.
        """
        if (self.scene is None) != (self.goal is None):
            raise BadInput("--scene, --goal: expected both or none, got one")
        if self.scene is not None and self.goal is not None:
            return told(Scene.load(self.scene), self.goal)
        return drawn(self.seed)


@dataclass(frozen=True, kw_only=True)
class Metal:
    """Which arm of metal."""

    serial: str = ""
    """Its serial number, which it has to have."""
    firmware: str = ""
    """What the version of its firmware has to begin with."""
    tool: Vec3 = (0.0, 0.0, 0.12)
    """From the flange to the point that is controlled [m], as the arm is set."""


@dataclass(frozen=True, kw_only=True)
class Looked(Metal):
    """Which arm is looked at, of metal or not."""

    address: str | None = None
    """Of the arm, e.g. 192.168.1.10; without it a simulated one takes its place."""
    arm: Arm | None = None
    """The simulated one, without --address."""


@dataclass(frozen=True, kw_only=True)
class Preflight(Looked):
    """Connect, and say what is as it should be and what is not; nothing moves."""

    scene: Path | None = None
    """JSON of the obstacles; none without it."""


@dataclass(frozen=True, kw_only=True)
class Shadow(Flown, Looked):
    """Read the arm's state, decide and check, and send nothing."""

    scene: Path
    """JSON of the obstacles."""
    goal: Vec3
    """Where the tool would go [m]."""
    out: Path | None = None
    """A new folder for the log, the decisions and result.json."""


@dataclass(frozen=True, kw_only=True)
class Run(Flown, Metal):
    """Move the arm of metal; a person at the emergency stop is a precondition."""

    address: str
    """Its address, e.g. 192.168.1.10."""
    scene: Path
    """JSON of the obstacles: what is not in it is not seen."""
    goal: Vec3
    """Where the tool is to go [m]."""
    out: Path
    """A new folder for the log, the decisions and result.json."""
    enable_motion: bool = False
    """Without it nothing is even connected."""


@dataclass(frozen=True)
class Doctor:
    """Say what is installed and what that is enough for."""


@dataclass(frozen=True)
class Replay:
    """Ask the gate about every tick of a log again: status 1 if it says otherwise."""

    log: tyro.conf.Positional[Path]
    """A log of the driver, or the folder that it is in."""


@dataclass(frozen=True, kw_only=True)
class Bench(Choosing):
    """Policies on the same problems, on virtual time, with what they take to decide."""

    policies: tyro.conf.Positional[tuple[Path, ...]] = ()
    """The teacher, or what the others are held against, then the others."""
    out: Path
    """Folder for table.md, results.json, the picture and the trials; what is there
    already is not run again."""
    planner: bool = False
    """The planner's path, as another row."""
    straight: bool = False
    """Straight to the goal, as another row."""
    trials: Size = 50
    """How many problems, from --seed on."""
    latency: NonNegative | None = None
    """What every decision takes [s], instead of what it took here; 0 for the pace of
    a policy that costs nothing."""
    patience: Positive = 0.2
    """The age of a target at which the driver stops, for all alike, up to 1 [s]."""
    arm: Arm | None = None
    """With masses or without; MuJoCo where it is installed."""
    workers: Workers = 1
    """Processes; several disturb one another's latencies."""

    @property
    def choices(self) -> list[Choice]:
        """The policies, that the others are held against first.

        Raises:
            BadInput: if there is none, or two have one name.
        """
        found: list[Choice] = [self.stored(path) for path in self.policies]
        found += [ByPlanner()] * self.planner + [StraightOn()] * self.straight
        names = [choice.name for choice in found]
        if not found or len(set(names)) < len(names):
            raise BadInput(f"policies: expected some of different names, got {names}")
        return found

    def check(self) -> None:
        """Refuse what could only fail later.

        Raises:
            BadInput: naming the option.
        """
        check_options(self)
        for path in self.policies:
            if not path.exists():
                raise BadInput(f"{path}: expected a policy, found none")
        if self.out.exists() and not self.out.is_dir():
            raise BadInput(f"--out: expected a folder, {self.out} is a file")


Command: TypeAlias = (
    Annotated[Doctor, tyro.conf.subcommand("doctor")]
    | Annotated[Preflight, tyro.conf.subcommand("preflight")]
    | Annotated[Sim, tyro.conf.subcommand("sim")]
    | Annotated[Shadow, tyro.conf.subcommand("shadow")]
    | Annotated[Run, tyro.conf.subcommand("run")]
    | Annotated[Replay, tyro.conf.subcommand("replay")]
    | Annotated[Bench, tyro.conf.subcommand("bench")]
)
"""What `onehop-control` is told."""

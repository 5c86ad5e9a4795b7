"""`sim`: a simulated arm in real time, moved by a policy in another process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from onehop_interfaces import BadInput
from onehop_kinova_driver import GRIPPER, Limits, MonotonicClock, SafetyGate, read_log

from ._arms import simulated
from ._choice import pilot_of
from ._episode_table import print_outcome
from ._flight import Flight, fly
from ._logbook import new_folder, sum_up
from ._problem import Problem, at_start
from ._trial import patient
from ._view import shown
from .config import Sim

__all__ = ["sim"]


def sim(command: Sim) -> int:
    """Simulate, and say what came of it: 0 if it arrived and touched nothing.

    Raises:
        BadInput: if an option cannot be.
    """
    command.check()
    draw = _film(command.video)
    choice, problem = command.choice, command.problem
    limits = Limits(timing=patient(command.patience))
    weights, box = command.weights, limits.workspace
    make = partial(pilot_of, choice, problem, command.seed, weights, box)
    arm = simulated(command.arm)(MonotonicClock(), problem)
    with new_folder(command.out) as folder, new_folder(None) as board:
        lock, gate = board / "lock", SafetyGate(limits, GRIPPER)
        flight = Flight(arm, gate, problem, make, at_start(problem), lock)
        view = shown(board, problem, GRIPPER) if command.view else nullcontext()
        with view:
            report = fly(flight, command.ends, board, folder)
        came = sum_up(folder, problem, command.near, report.reason)
        print_outcome(choice.name, came, report)
        draw(folder, problem)
    return 0 if came.success else 1


def _film(path: Path | None) -> Callable[[Path, Problem], None]:
    """Draws the film of a folder's log; known before anything is run.

    Raises:
        BadInput: if it cannot be drawn here, or is of no known kind.
    """
    if path is None:
        return lambda folder, problem: None
    if path.suffix not in (".gif", ".mp4"):
        raise BadInput(f"--video: expected a .gif or an .mp4, got {path}")
    try:
        from ._film import film
    except ImportError as error:
        expected = "pip install onehop-control[video]"
        raise BadInput(f"--video: expected {expected}, got {error}") from None

    def draw(folder: Path, problem: Problem) -> None:
        film(read_log(folder / "log").ticks, problem, GRIPPER, path)

    return draw

"""`sim`: a simulated arm in real time, moved by a policy in another process."""

from __future__ import annotations

from functools import partial

from onehop_kinova_driver import Limits, MonotonicClock, SafetyGate

from ._arms import simulated
from ._choice import pilot_of
from ._episode_table import print_outcome
from ._flight import Flight, fly
from ._logbook import new_folder, sum_up
from ._problem import GRIPPER, at_start
from .config import Sim

__all__ = ["sim"]


def sim(command: Sim) -> int:
    """Simulate, and say what came of it: 0 if it arrived and touched nothing.

    Raises:
        BadInput: if an option cannot be.
    """
    command.check()
    choice, problem, limits = command.choice, command.problem, Limits()
    weights, box = command.weights, limits.workspace
    make = partial(pilot_of, choice, problem, command.seed, weights, box)
    arm = simulated(command.arm)(MonotonicClock(), problem)
    with new_folder(command.out) as folder:
        lock = folder / "lock"
        gate, state = SafetyGate(limits, GRIPPER), at_start(problem)
        flight = Flight(arm, gate, problem, make, state, lock)
        report = fly(flight, command.ends, folder)
        came = sum_up(folder, problem, command.near, report.reason)
        print_outcome(choice.name, came, report)
    return 0 if came.success else 1

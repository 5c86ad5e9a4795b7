"""`preflight`, `shadow`, `run`: the arm of metal, or a simulated one in its place.

All three look first: connect, ask who it is and how it stands, and give the connection
back. What moves it then connects anew, and looks anew. Where no serial number is given
the operator is told the one that was found, and types the word; no arm of metal moves
unnamed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    ArmInfo,
    ArmInterface,
    ArmState,
    Expected,
    Gen3,
    Item,
    Limits,
    MonotonicClock,
    SafetyGate,
    Scene,
    ShadowArm,
    Vec3,
    arm_lock,
    if_named,
    if_typed,
    preflight,
    require,
)
from onehop_kinova_driver.kortex import KortexArm

from ._arms import simulated
from ._choice import pilot_of
from ._episode_table import print_outcome, print_table
from ._flight import Flight, fly
from ._logbook import new_folder, sum_up
from ._problem import TOLD, Problem, told
from .config import Metal, Preflight, Run, Shadow

__all__ = ["looked_at", "moved", "shadowed"]

MakeArm = Callable[[], ArmInterface]


class Look(NamedTuple):
    """What was seen of an arm.

    Attributes:
        info: Who it is.
        state: How it stands.
        items: What was looked at.
        expected: Which arm it is to be, from here on.
    """

    info: ArmInfo
    state: ArmState
    items: list[Item]
    expected: Expected


def looked_at(command: Preflight) -> int:
    """Say what is as it should be: 0 if all of it is.

    Raises:
        BadInput: if an option cannot be.
        ArmError: if the arm does not answer.
    """
    scene = Scene() if command.scene is None else Scene.load(command.scene)
    gate = SafetyGate(arm=Gen3(command.tool))
    look = _look(_arm(command.address, command.arm), gate, scene, command)
    _print(look)
    return 0 if all(item.holds for item in look.items) else 1


def shadowed(command: Shadow) -> int:
    """Decide and check beside an arm, and send nothing.

    Raises:
        BadInput: if an option cannot be, or the arm is not as it should be.
        ArmError: if the arm does not answer.
    """
    command.check()
    make = _arm(command.address, command.arm)
    with new_folder(command.out) as folder:
        goal = Goal(command.scene, command.goal)
        _go(command, goal, lambda: ShadowArm(make()), folder / "lock", _anyone, folder)
    return 0


def moved(command: Run) -> int:
    """Move the arm: 0 if it arrived and touched nothing that the scene has.

    Raises:
        BadInput: if motion is not enabled or not permitted, an option cannot be, or the
            arm is not as it should be.
        ArmError: if the arm does not answer.
    """
    if not command.enable_motion:
        raise BadInput(
            "run: expected --enable-motion, for this moves the arm, got none; shadow "
            "does all but that"
        )
    command.check()
    permit = if_named(command.serial) if command.serial else if_typed
    goal, lock = Goal(command.scene, command.goal), arm_lock(command.address)
    with new_folder(command.out) as folder:
        success = _go(command, goal, _arm(command.address, None), lock, permit, folder)
    return 0 if success else 1


class Goal(NamedTuple):
    """Where to, past what."""

    scene: Path
    goal: Vec3


def _go(
    command: Shadow | Run,
    to: Goal,
    make: MakeArm,
    lock: Path,
    permit: Callable[[ArmInfo], bool],
    out: Path,
) -> bool:
    """Look, and go; whether it arrived and touched nothing."""
    limits, scene = Limits(), Scene.load(to.scene)
    gate = SafetyGate(limits, Gen3(command.tool))
    choice = command.choice
    look = _look(make, gate, scene, command)
    _print(look)
    require(look.items)
    problem = Problem(TOLD, look.state.q, to.goal, look.state.quat, scene)
    weights, box = command.weights, limits.workspace
    pilot = partial(pilot_of, choice, problem, command.seed, weights, box)
    flight = Flight(
        make(), gate, problem, pilot, look.state, lock, permit, look.expected
    )
    with new_folder(None) as board:
        report = fly(flight, command.ends, board, out)
    came = sum_up(out, problem, command.near, report.reason)
    print_outcome(choice.name, came, report)
    return came.success


def _look(make: MakeArm, gate: SafetyGate, scene: Scene, which: Metal) -> Look:
    arm = make()
    arm.connect()
    try:
        info, state = arm.info(), arm.read_state()
    finally:
        arm.close()
    expected = Expected(which.serial or info.serial, which.firmware)
    items = preflight(info, state, gate, scene, MonotonicClock().now(), expected)
    return Look(info, state, items, expected)


def _print(look: Look) -> None:
    rows = [
        (item.name, "ok" if item.holds else "NOT OK", item.expected, item.got)
        for item in look.items
    ]
    print_table((look.info.name, "", "expected", "found"), rows, numbers=False)


def _arm(address: str | None, name: str | None) -> MakeArm:
    """Makes the arm at an address, or a simulated one at home."""
    if address is not None:
        return partial(KortexArm, address)
    problem = told(Scene(), (0.0, 0.0, 0.0))
    return lambda: simulated(name)(MonotonicClock(), problem)


def _anyone(info: ArmInfo) -> bool:
    """Permits what sends nothing."""
    return True

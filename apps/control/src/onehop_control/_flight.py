"""A flight: the driver in this process, the policy in one of its own.

This process has the terminal, on which an operator permits the motion, and the signals:
Ctrl-C stops the arm at the next tick, a second one is an emergency stop (`drive`). The
policy's process is deaf to them. It ends when this one says so, or has ended however;
when it ends first, or falls silent, the driver stops the arm on that silence.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    ArmInfo,
    ArmInterface,
    ArmState,
    Expected,
    MonotonicClock,
    PolicyBoard,
    Report,
    SafetyGate,
    drive,
    if_simulated,
)

from ._arrival import Arrival, Tolerance
from ._child import beside
from ._pilot import Pilot
from ._policy_process import READY, Post, serve
from ._problem import Problem
from ._trial import VALID

__all__ = ["Flight", "fly"]

PATIENCE = 300.0
"""What a policy may take to be ready [s]: torch, a checkpoint, ten slow decisions."""
LEAVE = 5.0
"""What it may take to end [s]."""


class Flight(NamedTuple):
    """What is flown.

    Attributes:
        arm: The arm, not connected.
        gate: Its gate.
        problem: What is to be done.
        make: Makes the pilot, in the policy's process.
        state: Of the arm, or like it: what the policy warms up on.
        lock: The folder that is locked for the arm.
        permit: Whether it may move.
        expected: Which arm it is to be.
    """

    arm: ArmInterface
    gate: SafetyGate
    problem: Problem
    make: Callable[[], Pilot]
    state: ArmState
    lock: Path
    permit: Callable[[ArmInfo], bool] = if_simulated
    expected: Expected | None = None


def fly(flight: Flight, ends: Tolerance, board: Path, out: Path) -> Report:
    """Fly, until the tool is at rest at the goal, the time is over or it is stopped.

    Args:
        flight: What is flown.
        ends: When it ends.
        board: The folder where driver and policy meet, for this flight alone.
        out: Folder that gets `log` and `decisions.jsonl`, and has neither.

    Raises:
        BadInput: if the policy cannot be had, the arm is not as it should be, or the
            motion is not permitted.
        ArmError: if it does not connect.
    """
    log, quat = out / "decisions.jsonl", flight.problem.quat
    valid = max(VALID, flight.gate.limits.timing.hold_after)
    post = Post(board, log, flight.state, quat, valid)
    with beside(serve, flight.make, post, leave=LEAVE) as (process, here):
        _await(process, here)
        scene = flight.problem.scene
        return drive(
            flight.arm,
            flight.gate,
            board,
            lambda: scene,
            flight.lock,
            flight.permit,
            flight.expected,
            out / "log",
            _Watch(board, flight.problem, ends),
        )


class _Watch:
    """Called at each tick: whether to end, by the state that the last one published."""

    def __init__(self, board: Path, problem: Problem, ends: Tolerance) -> None:
        self._folder, self._seconds = board, ends.seconds
        self._clock = MonotonicClock()
        self._arrived = Arrival(problem.goal, ends.near)
        self._board: PolicyBoard | None = None
        self._end = float("inf")

    def __call__(self) -> bool:
        if self._board is None:
            # The board reads what the driver says; nothing is sent by it.
            self._board = PolicyBoard(self._folder, self._clock)
            self._end = self._clock.now() + self._seconds
        seen = self._board.seen()
        arrived = seen is not None and self._arrived(seen.state)
        return arrived or self._clock.now() > self._end


def _await(process: Any, here: Connection) -> None:
    """Wait until it is ready.

    Raises:
        BadInput: if it cannot be.
    """
    said = b""
    with suppress(EOFError):
        if here.poll(PATIENCE):
            said = here.recv_bytes()
    if said not in (READY, b""):
        raise BadInput(said.decode())
    if not said:
        process.join(LEAVE)
        how = "none" if process.exitcode is None else f"status {process.exitcode}"
        raise BadInput(f"policy: expected word in {PATIENCE:g} s, got {how}")

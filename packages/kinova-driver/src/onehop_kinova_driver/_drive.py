"""The driver's process: one arm, its loop, and what ends them.

`drive` holds the arm's lock, connects, looks whether all is as it should be, has the
motion permitted, and runs the loop until something stops it. A first SIGINT, SIGTERM or
SIGHUP stops the arm at the next tick; a second is an emergency stop, then the process
exits. However it ends, the arm is stopped once and given back.

It belongs into a process of its own: a policy in the same one keeps the loop from
running while it computes, and dies with it.
"""

from __future__ import annotations

import gc
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from onehop_interfaces import BadInput, locked

from ._arm import ArmInterface
from ._board import DriverBoard
from ._clock import MonotonicClock
from ._gate import SafetyGate
from ._loop import ServoLoop
from ._preflight import Expected, preflight, require
from ._recorder import Recorder
from ._scene import Scene
from ._tick import Phase, Tick
from ._values import ArmInfo, ArmState, PoseTarget
from ._verdict import Reason

__all__ = ["Report", "arm_lock", "drive", "if_named", "if_simulated", "if_typed"]

NAMES = "SIGINT", "SIGTERM", "SIGHUP"
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
WORD = "MOVE"
"""What an operator types."""


class Report(NamedTuple):
    """How it ended.

    Attributes:
        phase: The loop's last.
        reason: Why it stopped.
        error: What failed last, if something did.
        counts: Of ticks, rulings, deadlines missed.
        late: How late ticks began, 50, 95, 99 % [s].
        took: What ticks took, 50, 95, 99 % [s].
    """

    phase: Phase
    reason: Reason
    error: str
    counts: dict[str, int]
    late: tuple[float, float, float]
    took: tuple[float, float, float]


def arm_lock(address: str) -> Path:
    """The folder whose lock is that of the arm at an address, on this machine."""
    name = re.sub(r"[^A-Za-z0-9.-]", "_", address)
    return Path(tempfile.gettempdir()) / "onehop-kinova" / name


def if_simulated(info: ArmInfo) -> bool:
    """Permits what is not of metal."""
    return not info.real


def if_named(serial: str) -> Callable[[ArmInfo], bool]:
    """Permits the arm of this serial number, which an operator has written down."""
    return lambda info: bool(serial) and info.serial == serial


def if_typed(info: ArmInfo) -> bool:
    """Permits what the operator at the terminal types `MOVE` for.

    Raises:
        BadInput: if there is no terminal.
    """
    if not sys.stdin.isatty():
        raise BadInput("arming: expected an operator at a terminal, found none")
    sys.stderr.write(f"{info.name} {info.serial} will move. Type {WORD}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == WORD


def drive(
    arm: ArmInterface,
    gate: SafetyGate,
    folder: Path,
    scene: Callable[[], Scene],
    lock: Path,
    permit: Callable[[ArmInfo], bool] = if_simulated,
    expected: Expected | None = None,
    log: Path | None = None,
    done: Callable[[], bool] = lambda: False,
) -> Report:
    """Move an arm as a policy in another process says, until something stops it.

    Args:
        arm: The arm, not connected.
        gate: Its gate.
        folder: Where `PolicyBoard` finds the mailboxes.
        scene: Called at each tick: what is in the way.
        lock: The folder that is locked (`arm_lock`).
        permit: Asked once all is found to be as it should.
        expected: Which arm it is to be.
        log: The file that every tick is written to; none if None.
        done: Called at each tick: whether to end.

    Raises:
        BadInput: if another process has the arm, something is not as it should be, or
            motion is not permitted.
        ArmError: if it does not connect.
    """
    with locked(lock):
        board = DriverBoard(folder)
        recorder = None if log is None else Recorder(log, gate)

        def record(tick: Tick) -> None:
            if recorder is not None:
                recorder(tick)
            board.publish(tick)

        clock = MonotonicClock()
        generation = int(clock.now() * 1e6)
        loop = ServoLoop(arm, gate, board.target, scene, clock, record, generation)
        try:
            loop.connect()
            state = arm.read_state()
            checked = expected or Expected()
            info, now = arm.info(), clock.now()
            require(preflight(info, state, gate, scene(), now, checked))
            if not permit(info):
                raise BadInput(f"arming {info.name}: expected a permit, got none")
            _warm(gate, state, scene(), clock.now())
            with _signals(arm, loop), _no_collecting():
                loop.arm()
                loop.run(done)
                phase, reason = loop.phase, loop.reason
        finally:
            loop.close()
            board.close()
            if recorder is not None:
                recorder.close()
        return _report(loop, phase, reason)


def _warm(gate: SafetyGate, state: ArmState, scene: Scene, now: float) -> None:
    """Let what is slow only the first times be over before the loop begins."""
    here = PoseTarget(state.pos, state.quat, 0, now, now, now + 1, 0)
    for _ in range(10):
        gate.check(state._replace(t=now), here, scene, now)


def _report(loop: ServoLoop, phase: Phase, reason: Reason) -> Report:
    late, took = (
        (each.quantile(0.5), each.quantile(0.95), each.quantile(0.99))
        for each in (loop.late, loop.took)
    )
    return Report(phase, reason, loop.error, dict(loop.counts), late, took)


@contextmanager
def _signals(arm: ArmInterface, loop: ServoLoop) -> Iterator[None]:
    """Let the first signal stop the loop, the second the arm and the process."""
    asked: list[int] = []

    def handle(number: int, _: object) -> None:
        if asked:
            with suppress(Exception):
                arm.estop()
            raise SystemExit(128 + number)
        asked.append(number)
        loop.ask(Reason.SIGNAL)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep the garbage collector from stopping the loop for a tenth of a second."""
    enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()

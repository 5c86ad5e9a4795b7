"""The process of a policy: look, decide, send, at 20 Hz.

It says that it is ready after some decisions that count for nothing: what is slow only
the first times is over before the arm can move. Then it waits for the driver's word,
and at each point t_0 + k T of a grid looks at the arm's latest state, decides, and
sends row 0. A decision that takes longer than T costs the points that it passes:
nothing is made up for, and the latest target counts. The driver never waits for it.

The first target has to be near the tool, or the gate stops: until one was followed,
what is sent is pulled to within `START` of where the tool is.

A line of JSON per decision says what was decided, and how long it took from looking to
having sent.
"""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from math import dist
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from onehop_interfaces import BadInput, writing
from onehop_kinova_driver import (
    ArmState,
    MonotonicClock,
    Phase,
    PolicyBoard,
    Published,
    Quat,
    Vec3,
)

from ._contract import PERIOD
from ._grid import Grid
from ._pilot import Decision, Pilot

__all__ = ["READY", "START", "Post", "pulled", "serve"]

READY = b"ready"
"""What is said once it is; anything else is why it is not."""
START = 0.015
"""How far the first target may be from the tool [m]; the gate's bound is 20 mm."""
SILENT = 0.25
"""When the driver has said nothing for that long, nothing is decided [s]."""


class Post(NamedTuple):
    """Where a policy works.

    Attributes:
        board: The driver's folder.
        log: The file of decisions to write.
        state: Of the arm, to warm up on.
        quat: The rotation that is sent.
        valid: How long a target is worth anything [s].
    """

    board: Path
    log: Path
    state: ArmState
    quat: Quat
    valid: float


def pulled(pos: Vec3, state: ArmState, phase: Phase) -> Vec3:
    """A target [m] as it may be sent: near the tool until one was followed."""
    away = dist(pos, state.pos)
    if phase != Phase.ARMED or away <= START:
        return pos
    x, y, z = (a + (b - a) * START / away for a, b in zip(state.pos, pos, strict=True))
    return x, y, z


def serve(make: Callable[[], Pilot], post: Post, parent: Connection) -> None:
    """The whole process; it ends when its parent says so, or has ended.

    Args:
        make: Makes the pilot.
        post: Where it works.
        parent: The parent's end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver ends what has to end
    with suppress(BrokenPipeError):  # of a parent that ended before this was ready
        _serve(make, post, parent)


def _serve(make: Callable[[], Pilot], post: Post, parent: Connection) -> None:
    try:
        pilot = make()
        pilot.warm_up(post.state)
    except BadInput as error:
        parent.send_bytes(str(error).encode())
        return
    gc.collect()
    gc.freeze()  # a collection of all that torch has would take a few periods
    parent.send_bytes(READY)
    board = _board(post, parent)
    if board is not None:
        _decide(pilot, post, board, parent)
        board.close()


def _board(post: Post, parent: Connection) -> PolicyBoard | None:
    """The driver's board, once it is there; None if the parent ends before."""
    while not parent.poll(PERIOD / 5):
        try:
            return PolicyBoard(post.board, MonotonicClock(), post.valid)
        except BadInput:
            continue
    return None


def _decide(pilot: Pilot, post: Post, board: PolicyBoard, parent: Connection) -> None:
    clock, seen = MonotonicClock(), None
    with writing(post.log):
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        log = os.open(post.log, flags, 0o666)
    grid = Grid(clock.now(), PERIOD)
    while not parent.poll():
        begun, seen = clock.now(), board.seen()
        if seen is not None and begun - seen.t < SILENT:
            decision = pilot.decide(seen.state)
            if decision is not None:
                pos = pulled(decision.target, seen.state, seen.phase)
                board.send(pos, post.quat, seen)
            took = clock.now() - begun
            missed = grid.passed(clock.now())
            os.write(log, _line(seen, decision, took, missed))
        else:
            grid.passed(clock.now())
        clock.sleep_until(grid.next)
    os.close(log)


def _line(
    seen: Published, decision: Decision | None, took: float, missed: int
) -> bytes:
    said: dict[str, object] = {"t": seen.state.t, "latency": took, "missed": missed}
    if decision is not None:
        said |= {
            "target": decision.target,
            "chosen": decision.chosen,
            "switched": decision.switched,
            "score": float(decision.scores[decision.chosen]),
            "fit": int((decision.scores > -float("inf")).sum()),
        }
    return json.dumps(said).encode() + b"\n"

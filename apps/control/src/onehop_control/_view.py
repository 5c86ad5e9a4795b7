"""A view of the arm in a browser, by viser, in a process of its own.

It reads what the driver publishes and shows the spheres that cover the arm, the
obstacles, the goal. It sends nothing; when it is slow or gone no one waits for it.

Needs viser: `pip install onehop-control[view]`.

References:
    | viser | https://viser.studio
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from onehop_interfaces import BadInput
from onehop_kinova_driver import Body, Gen3, MonotonicClock, PolicyBoard, Scene

from ._child import beside
from ._contract import PERIOD
from ._problem import Problem

__all__ = ["shown"]

GREY, BLUE, RED = (150, 150, 150), (33, 113, 181), (203, 24, 29)
PATIENCE = 60.0
"""What the process may take to begin [s]."""
LEAVE = 2.0
"""What it may take to end [s]."""
NICE = 10
"""It computes when no one else does."""


@contextmanager
def shown(board: Path, problem: Problem, arm: Gen3) -> Iterator[None]:
    """Show the arm of a board while the body runs.

    Raises:
        BadInput: if viser is not there.
    """
    if find_spec("viser") is None:
        raise BadInput("--view: expected pip install onehop-control[view], found none")
    with beside(_serve, board, problem, arm, leave=LEAVE) as (_, here):
        with suppress(EOFError):
            here.poll(PATIENCE)
        yield


def _serve(folder: Path, problem: Problem, arm: Gen3, parent: Connection) -> None:
    """The whole process; it ends when its parent says so, or has ended."""
    import viser

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    server: Any = viser.ViserServer(host="127.0.0.1")
    _obstacles(server, problem.scene)
    server.scene.add_icosphere(
        "/goal", radius=0.01, color=RED, position=np.array(problem.goal)
    )
    body, board = Body(arm), None
    centres = body.centres(arm.frames(problem.start))
    parts = [
        server.scene.add_icosphere(f"/arm/{i}", radius=r, color=BLUE, position=at)
        for i, (r, at) in enumerate(zip(body.radii.tolist(), centres, strict=True))
    ]
    parent.send_bytes(b"ready")
    while not parent.poll(PERIOD):
        try:
            board = board or PolicyBoard(folder, MonotonicClock())
        except BadInput:  # no driver has made it yet
            continue
        seen = board.seen()
        if seen is not None:
            where = body.centres(arm.frames(seen.state.q))
            for part, at in zip(parts, where, strict=True):
                part.position = at


def _obstacles(server: Any, scene: Scene) -> None:
    for i, sphere in enumerate(scene.spheres):
        server.scene.add_icosphere(
            f"/sphere/{i}",
            radius=sphere.radius,
            color=GREY,
            position=np.array(sphere.centre),
        )
    for i, box in enumerate(scene.boxes):
        server.scene.add_box(
            f"/box/{i}",
            dimensions=2 * np.array(box.half),
            color=GREY,
            position=np.array(box.centre),
        )

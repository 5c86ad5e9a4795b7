"""What a tick costs besides the arm: reading targets, gate, latch, log, mailboxes.

    python packages/kinova-driver/benchmarks/loop.py [ticks]

A kinematic arm follows a policy among five obstacles, on virtual time, every tick
logged and published as the driver does. What the arm itself takes is taken off. Also
the gate alone. Percentiles over all ticks; on a machine with other work the last ones
are that work's.

Exits with status 1 if the 99th is above 2 ms, which is what the driver promises of a
quiet core.
"""

from __future__ import annotations

import sys
from math import sin
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from onehop_kinova_driver import (
    ArmState,
    Box,
    DriverBoard,
    KinematicArm,
    PoseTarget,
    Recorder,
    SafetyGate,
    Scene,
    ServoLoop,
    Sphere,
    Tick,
    VirtualClock,
)

PROMISE = 2e-3
SCENE = Scene(
    tuple(Sphere((0.4, y, 0.1), 0.06) for y in (-0.4, 0.4)),
    (
        Box((0.6, -0.5, 0.0), (0.05, 0.05, 0.2)),
        Box((0.6, 0.5, 0.0), (0.05, 0.05, 0.2)),
        Box((0.5, 0.0, -0.1), (1.0, 1.0, 0.05)),
    ),
)


class Timed(KinematicArm):
    """Adds up what it takes itself."""

    spent = 0.0

    def read_state(self) -> ArmState:
        """The state, timed."""
        start = perf_counter()
        state = super().read_state()
        self.spent += perf_counter() - start
        return state

    def command_pose(self, target: PoseTarget) -> None:
        """Go there, timed."""
        start = perf_counter()
        super().command_pose(target)
        self.spent += perf_counter() - start


def show(name: str, times: list[float]) -> float:
    """Print percentiles; the 99th [s]."""
    p50, p95, p99 = np.percentile(times, (50, 95, 99))
    most = max(times)
    print(f"{name:5} ms: p50 {1e3 * p50:.2f}  p95 {1e3 * p95:.2f}  ", end="")
    print(f"p99 {1e3 * p99:.2f}  max {1e3 * most:.2f}")
    return float(p99)


def measure(ticks: int, folder: Path) -> tuple[list[float], list[float]]:
    """What ticks took besides the arm, and the gate alone [s]."""
    clock, gate = VirtualClock(), SafetyGate()
    arm, board = Timed(clock), DriverBoard(folder / "board")
    log = Recorder(folder / "log", gate)
    arm.connect()
    start = arm.read_state()
    numbers = iter(range(10**9))

    def policy() -> PoseTarget:
        board.target()
        now = clock.now()
        x, y, z = start.pos
        pos = (x, y + 0.1 * sin(now), z)
        return PoseTarget(pos, start.quat, next(numbers), now, now, now + 1, 0)

    def record(tick: Tick) -> None:
        log(tick)
        board.publish(tick)

    loop = ServoLoop(arm, gate, policy, lambda: SCENE, clock, record)
    loop.connect()
    loop.arm()
    whole, alone = [], []
    for _ in range(ticks):
        clock.advance(0.05)
        arm.spent, begun = 0.0, perf_counter()
        tick = loop.tick()
        whole.append(perf_counter() - begun - arm.spent)
        begun = perf_counter()
        gate.check(*tick.seen[:3], tick.times.now, tick.seen.last)
        alone.append(perf_counter() - begun)
    assert loop.counts["clamp"] + loop.counts["pass"] == ticks
    return whole, alone


def main() -> None:
    """Measure, print, and compare with the promise."""
    ticks = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with TemporaryDirectory() as folder:
        whole, alone = measure(ticks, Path(folder))
    show("gate", alone)
    raise SystemExit(show("tick", whole) > PROMISE)


if __name__ == "__main__":
    main()

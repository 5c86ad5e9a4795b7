"""An hour of real time at 20 Hz: whether anything grows, drifts or comes late.

    python packages/kinova-driver/benchmarks/hour.py [minutes]

Two processes, as in earnest: `drive` with the arm in MuJoCo, every tick logged, and a
policy that draws a slow figure-eight. The driver's says minute by minute

    RSS    its memory [MiB]
    late   how long after its deadline t_0 + k T a tick asked the arm [ms]
    drift  by how much the least of that is above that of the first minute [ms]
    over   what a tick took besides the arm: gate, loop, log, mailboxes [ms]
    core   the share of a core that it needed

with percentiles, and in the end the least 99th percentile of `over` in 10 s: where the
machine has other work, or is itself one of several on another, most of the late and
long ones are that work's. Linux alone; needs mujoco.

Exits with status 1 unless the arm moved to the end, its memory grew by less than 2 MiB
after the first two minutes, the deadlines drifted by less than 1 ms, and `over` was at
most 2 ms in that sense.
"""

from __future__ import annotations

import os
import sys
import time
from math import floor, sin
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from onehop_kinova_driver import (
    ArmInfo,
    ArmState,
    Box,
    MonotonicClock,
    Phase,
    PolicyBoard,
    PoseTarget,
    Report,
    SafetyGate,
    Scene,
    Sphere,
    drive,
)
from onehop_kinova_driver.sim import MujocoArm

PERIOD, MINUTE, WINDOW = 0.05, 1200, 200
"""Of a tick [s]; ticks in a minute and in 10 s."""
GROWTH, DRIFT, OVER = 2.0, 1e-3, 2e-3
"""What is promised: [MiB], [s], [s]."""
SCENE = Scene(
    tuple(Sphere((0.4, y, 0.1), 0.06) for y in (-0.4, 0.4)),
    (Box((0.5, 0.0, -0.1), (1.0, 1.0, 0.05)),),
)


class Timed(MujocoArm):
    """Notes when it was asked last, and what it took since then."""

    asked = spent = 0.0

    def read_state(self) -> ArmState:
        """The state, timed."""
        self.asked = time.monotonic()
        state = super().read_state()
        self.spent = time.monotonic() - self.asked
        return state

    def command_pose(self, target: PoseTarget) -> None:
        """Go there, timed."""
        start = time.monotonic()
        super().command_pose(target)
        self.spent += time.monotonic() - start


class Watch:
    """Looks at the driver's process from the inside, between its ticks.

    Args:
        arm: The arm.
        ticks: After how many it is done.
    """

    def __init__(self, arm: Timed, ticks: int) -> None:
        self._arm, self._ticks, self._n = arm, ticks, 0
        # Filled, so that their memory is there from the beginning.
        self._late, self.over = np.full(ticks, 9.0), np.full(ticks, 9.0)
        self._start: float | None = None
        self._ended = 0.0
        self.memory: list[float] = []
        self.least: list[float] = []

    def done(self) -> bool:
        """Note the tick that just ended; whether it was the last."""
        now, asked = time.monotonic(), self._arm.asked
        if self._start is None:
            self._start = now
            return False
        # The first deadline after the last tick, of a grid since the beginning.
        due = floor((self._ended - self._start) / PERIOD) + 1 if self._n else 0
        self._late[self._n] = asked - self._start - due * PERIOD
        self.over[self._n] = now - asked - self._arm.spent
        self._ended, self._n = now, self._n + 1
        if self._n % MINUTE == 0:
            self._say(slice(self._n - MINUTE, self._n), now - self._start)
        return self._n == self._ticks

    def _say(self, ticks: slice, since: float) -> None:
        """A row of the table."""
        late, over = self._late[ticks], np.percentile(self.over[ticks], (50, 90, 99))
        self.least.append(float(late.min()))
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        self.memory.append(pages * os.sysconf("SC_PAGESIZE") / 2**20)
        drift = self.least[-1] - self.least[0]
        columns = (*np.percentile(late, (50, 99)), late.max(), drift, *over)
        times = " ".join(f"{1e3 * each:6.2f}" for each in columns)
        share = time.process_time() / since
        print(f"{len(self.memory):6} {self.memory[-1]:6.2f} {times} {share:5.1%}")
        sys.stdout.flush()


def driven(folder: Path, ticks: int, ready: Event) -> None:
    """The driver's process."""

    def permit(info: ArmInfo) -> bool:
        ready.set()
        return not info.real

    arm = Timed(MonotonicClock())
    watch = Watch(arm, ticks)
    print("minute    RSS late50 late99    max  drift over50 over90 over99  core")
    files = folder / "board", lambda: SCENE, folder / "lock"
    report = drive(
        arm, SafetyGate(), *files, permit, log=folder / "log", done=watch.done
    )
    raise SystemExit(not kept(watch, report))


def kept(watch: Watch, report: Report) -> bool:
    """Say what became of each promise; whether all of them were kept."""
    print(dict(sorted(report.counts.items())))
    if report.phase not in (Phase.ACTIVE, Phase.HOLD):
        print("BROKEN", report.phase.name, report.reason.name, report.error, flush=True)
        return False
    late = [f"{1e3 * each:.2f}" for each in report.late]
    print(f"late by the loop's own count: {', '.join(late)} ms (50, 95, 99 %)")
    over = np.percentile(watch.over.reshape(-1, WINDOW), 99, axis=1).min()
    grown = watch.memory[-1] - watch.memory[:2][-1]
    drift = watch.least[-1] - watch.least[0]
    found = (
        (grown < GROWTH, f"memory grew by {grown:.2f} MiB"),
        (drift < DRIFT, f"deadlines drifted by {1e3 * drift:.3f} ms"),
        (over <= OVER, f"over: {1e3 * over:.2f} ms (99 %) in the best 10 s"),
    )
    for holds, what in found:
        print("kept  " if holds else "BROKEN", what, flush=True)
    return all(holds for holds, _ in found)


def policy(folder: Path) -> None:
    """The policy's process."""
    clock = MonotonicClock()
    board = PolicyBoard(folder / "board", clock)
    while (seen := board.seen()) is None:
        time.sleep(0.01)
    (x, y, z), quat = seen.state[4:6]
    start = due = clock.now()
    while True:
        seen = board.seen() or seen
        t = 0.3 * (clock.now() - start)
        board.send((x, y + 0.06 * sin(t), z + 0.03 * sin(2 * t)), quat, seen)
        due += PERIOD
        clock.sleep_until(due)


def main() -> None:
    """Let both run, and end as the driver does."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    processes = get_context("spawn")
    ready = processes.Event()
    with TemporaryDirectory() as name:
        folder = Path(name)
        given = folder, minutes * MINUTE, ready
        driver = processes.Process(target=driven, args=given)
        driver.start()
        while driver.is_alive() and not ready.wait(0.1):
            pass
        other = processes.Process(target=policy, args=(folder,), daemon=True)
        other.start()
        driver.join()
        other.terminate()
        other.join()
    raise SystemExit(driver.exitcode)


if __name__ == "__main__":
    main()

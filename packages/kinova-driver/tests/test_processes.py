"""Real processes: a policy and a driver, suspended, killed and asked to end.

The arm writes each call to a file at once, with the time of the clock that all share.
What is promised in milliseconds is held here to bounds that a busy machine keeps.
"""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from math import dist
from pathlib import Path

import pytest

from onehop_interfaces import BadInput, locked
from onehop_kinova_driver import differing, read_log

DRIVER = """
import os, sys
from pathlib import Path
from onehop_kinova_driver import (
    KinematicArm, LoggedArm, MonotonicClock, SafetyGate, Scene, drive
)
folder = Path(sys.argv[1])
clock, out = MonotonicClock(), os.open(folder / "calls", os.O_CREAT | os.O_WRONLY)
def write(t, name, target):
    pos = () if target is None else target.pos
    os.write(out, (" ".join(map(repr, (t, *pos))) + f" {name}\\n").encode())
arm = LoggedArm(KinematicArm(clock), clock, write)
def permit(info):
    (folder / "ready").touch()
    return True
report = drive(arm, SafetyGate(), folder / "board", Scene, folder / "lock", permit,
               log=folder / "log")
print(report.phase.name, report.reason.name)
"""
POLICY = """
import sys, time
from math import sin
from pathlib import Path
from onehop_kinova_driver import MonotonicClock, PolicyBoard
clock = MonotonicClock()
board = PolicyBoard(Path(sys.argv[1]) / "board", clock)
while (seen := board.seen()) is None:
    time.sleep(0.01)
x, y, z = seen.state.pos
start = due = clock.now()
while True:
    seen = board.seen()
    dy = 0.05 * sin(clock.now() - start)
    board.send((x, y + dy, z), seen.state.quat, seen)
    due += 0.05
    clock.sleep_until(due)
"""
SLACK = float(os.environ.get("ONEHOP_SLACK", "0.5"))
"""What this machine's other work may add to a bound [s]."""
LOW, HIGH = (0.15, -0.55, 0.05), (0.75, 0.55, 0.85)


def until(holds, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


class Pair:
    """Both processes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.driver = self.start(DRIVER, stdout=subprocess.PIPE)
        until((folder / "ready").exists)
        self.policy = self.start(POLICY)

    def moves(self) -> bool:
        """Whether the arm came to move, and was not stopped before."""
        until(lambda: len(self.sent()) > 15 or self.driver.poll() is not None)
        return self.driver.poll() is None

    def start(self, program: str, **more) -> subprocess.Popen:
        command = [sys.executable, "-c", program, str(self.folder)]
        return subprocess.Popen(command, text=True, **more)

    def calls(self) -> list[tuple[float, tuple[float, ...], str]]:
        file = self.folder / "calls"
        if not file.exists():
            return []
        rows = [line.split() for line in file.read_text().splitlines()]
        return [(float(r[0]), tuple(map(float, r[1:-1])), r[-1]) for r in rows]

    def sent(self) -> list[tuple[float, tuple[float, ...]]]:
        return [(t, pos) for t, pos, name in self.calls() if name == "command_pose"]

    def at(self, name: str) -> list[float]:
        return [t for t, _, called in self.calls() if called == name]

    def end(self) -> str:
        """What the driver says in the end."""
        out, _ = self.driver.communicate(timeout=60)
        return out.strip()

    def close(self) -> None:
        for process in (self.driver, self.policy):
            process.kill()
            process.wait()
        self.driver.stdout.close()


@pytest.fixture
def pair(tmp_path):
    """Moving; begun again where other work made the driver wait past its watchdog."""
    made = Pair(tmp_path / "0")
    for again in range(1, 5):
        if made.moves():
            break
        made.close()
        made = Pair(tmp_path / str(again))
    yield made
    made.close()


def check(pair: Pair, stops: int) -> None:
    """All that was sent is in the bounds, the stops are as many, nothing after."""
    sent = pair.sent()
    for t, pos in sent:
        assert all(a <= x <= b for a, x, b in zip(LOW, pos, HIGH, strict=True)), t
    for (s, a), (t, b) in pairwise(sent):
        # Of what is sent late the time between is that of the checks.
        assert dist(a, b) <= 0.1 * 0.05 + 1e-9, t - s
    assert len(pair.at("stop")) == stops
    if stops:
        assert sent[-1][0] < pair.at("stop")[0]
    log = read_log(pair.folder / "log")
    assert len(log.ticks) >= len(sent)
    assert differing(log) == []


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM])
def test_a_policy_that_is_gone(pair, number):
    gone = time.monotonic()
    pair.policy.send_signal(number)
    assert pair.end() == "STOPPED TARGET_STALE"
    (stop,) = pair.at("stop")
    (hold,) = [t for t in pair.at("hold") if t > gone - 0.2][-1:]
    assert pair.sent()[-1][0] <= gone + 0.125 + SLACK
    assert hold <= gone + 0.125 + SLACK
    assert stop <= gone + 0.2 + SLACK
    check(pair, 1)


def test_a_policy_that_is_suspended_for_long_does_not_go_on(pair):
    pair.policy.send_signal(signal.SIGSTOP)
    assert pair.end() == "STOPPED TARGET_STALE"
    pair.policy.send_signal(signal.SIGCONT)
    time.sleep(0.2)
    check(pair, 1)


def test_a_driver_that_was_suspended_stops_when_it_goes_on(pair):
    pair.driver.send_signal(signal.SIGSTOP)
    gone = time.monotonic()
    time.sleep(0.5)
    back = time.monotonic()
    assert not [t for t, _ in pair.sent() if t > gone + 0.05]
    pair.driver.send_signal(signal.SIGCONT)
    assert pair.end().split()[1] in ("WATCHDOG", "TARGET_STALE")
    (stop,) = pair.at("stop")
    assert back <= stop <= back + SLACK
    assert not [t for t, _ in pair.sent() if t > gone + 0.05]
    check(pair, 1)


def test_a_driver_that_is_killed_sends_nothing_more_and_can_be_replaced(pair):
    pair.driver.kill()
    pair.driver.wait()
    n = len(pair.sent())
    with locked(pair.folder / "lock"):
        time.sleep(0.2)
    assert len(pair.sent()) == n
    check(pair, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_driver_that_is_asked_to_end(pair, number):
    asked = time.monotonic()
    pair.driver.send_signal(number)
    assert pair.end() == "STOPPED SIGNAL"
    (stop,) = pair.at("stop")
    assert stop <= asked + 0.2 + SLACK
    assert pair.driver.returncode == 0
    assert pair.at("close")
    check(pair, 1)


def test_a_second_signal_is_an_emergency_stop(pair):
    pair.driver.send_signal(signal.SIGSTOP)
    pair.driver.send_signal(signal.SIGTERM)
    pair.driver.send_signal(signal.SIGINT)
    pair.driver.send_signal(signal.SIGCONT)
    pair.end()
    assert pair.driver.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert len(pair.at("estop")) == 1
    assert pair.at("close")
    check(pair, 1)


def test_a_second_driver_is_refused(pair):
    second = pair.start(DRIVER, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, error = second.communicate(timeout=60)
    assert second.returncode != 0
    assert f"found process {pair.driver.pid}" in error
    with (
        pytest.raises(BadInput, match="no other process"),
        locked(pair.folder / "lock"),
    ):
        pass
    n = len(pair.sent())
    until(lambda: len(pair.sent()) > n)

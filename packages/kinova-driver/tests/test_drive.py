"""The driver in this process: what it refuses to begin, and how it ends."""

import gc
import signal

import pytest

from onehop_interfaces import BadInput, locked
from onehop_kinova_driver import (
    ArmInfo,
    Expected,
    Gen3,
    KinematicArm,
    LoggedArm,
    MonotonicClock,
    Phase,
    Reason,
    SafetyGate,
    Scene,
    Sphere,
    arm_lock,
    drive,
    read_log,
)


class Metal(KinematicArm):
    """Says that it is of metal."""

    def info(self) -> ArmInfo:
        return ArmInfo("kortex", "EN1", "2.8", real=True)


@pytest.fixture
def run(tmp_path):
    """Drives an arm; what it was asked, and the report."""

    def make(kind=KinematicArm, gate=None, scene=None, **more):
        clock, calls = MonotonicClock(), []
        arm = LoggedArm(kind(clock), clock, lambda t, name, _: calls.append(name))
        more.setdefault("done", lambda: True)
        folders = tmp_path / "board", lambda: scene or Scene(), tmp_path / "lock"
        try:
            return calls, drive(arm, gate or SafetyGate(), *folders, **more)
        except BadInput as error:
            return calls, error

    return make


def test_it_begins_and_ends(run, tmp_path):
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    ticks = iter(range(4))
    calls, report = run(done=lambda: next(ticks) == 3, log=tmp_path / "log")
    assert (report.phase, report.reason) == (Phase.ARMED, Reason.NONE)
    assert report.counts["ticks"] == 3
    assert 0 < report.took[0] <= report.took[2]
    assert calls == ["connect", "stop", "close"]
    assert len(read_log(tmp_path / "log").ticks) == 3
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    assert gc.isenabled()
    assert not (tmp_path / "lock").exists()


def test_metal_needs_a_permit(run):
    named = Expected("EN1")
    calls, error = run(Metal, expected=named)
    assert "expected a permit" in str(error)
    assert calls == ["connect", "close"]
    calls, report = run(Metal, expected=named, permit=lambda info: True)
    assert report.phase == Phase.ARMED


@pytest.mark.parametrize(
    ("more", "item"),
    [
        ({"kind": Metal, "permit": lambda info: True}, "serial"),
        ({"gate": SafetyGate(arm=Gen3((0.0, 0.0, 0.12)))}, "tool"),
        ({"scene": Scene((Sphere((0.45, 0.1, 0.43), 0.05),))}, "stand"),
        ({"expected": Expected(firmware="2.8")}, "firmware"),
    ],
)
def test_what_is_not_as_it_should_be_is_not_armed(run, more, item):
    calls, error = run(**more)
    assert f"{item}: expected" in str(error)
    assert calls == ["connect", "close"]


def test_an_arm_that_is_taken_is_left_alone(run, tmp_path):
    with locked(tmp_path / "lock"):
        calls, error = run()
    assert "no other process" in str(error)
    assert calls == []


def test_the_lock_is_the_arms(tmp_path):
    assert arm_lock("192.168.1.10") == arm_lock("192.168.1.10")
    assert arm_lock("192.168.1.10") != arm_lock("192.168.1.11")
    assert arm_lock("../../etc").parent == arm_lock("a").parent

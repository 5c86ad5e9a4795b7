"""The race between a target and a stop, and what comes too late."""

import threading

import numpy as np
import pytest

from onehop_kinova_driver import (
    ArmError,
    ArmState,
    KinematicArm,
    LoggedArm,
    MonotonicClock,
    Phase,
    PoseTarget,
    Reason,
    SafetyGate,
    Scene,
    ServoLoop,
)
from onehop_kinova_driver._latch import Latch


def test_no_target_is_sent_after_a_stop_of_another_thread(new_policy):
    """Stops at random moments, against a thread that sends as fast as it can."""
    for seed in range(50):
        calls, clock = [], MonotonicClock()
        arm = LoggedArm(
            KinematicArm(clock), clock, lambda t, name, _, c=calls: c.append(name)
        )
        arm.connect()
        latch = Latch(arm, clock, SafetyGate().limits.timing, 0)
        latch.move_to(Phase.CONNECTED)
        latch.arm_it()
        state = arm.read_state()
        policy = new_policy(
            clock, state.pos, state.quat, np.random.default_rng(seed), 1e9, 1e9, None
        )
        go = threading.Event()

        def send(go=go, latch=latch, policy=policy, clock=clock):
            go.set()
            for _ in range(200):
                latch.send(policy.target(clock.now()), clock.now())

        thread = threading.Thread(target=send)
        thread.start()
        go.wait()
        clock.sleep_until(clock.now() + seed * 1e-4)
        latch.end(Phase.STOPPED, Reason.OPERATOR)
        thread.join()
        latch.close()
        after = calls[calls.index("stop") :]
        assert after == ["stop", "close"]


def test_what_was_checked_too_long_ago_is_not_sent(bench):
    b = bench().start()
    b.run(0.5)
    target = b.policy.target(b.clock.now())
    latch, n = b.loop._latch, len(b.calls)
    assert latch.send(target, b.clock.now() - 0.051) == Reason.WATCHDOG
    assert latch.send(target._replace(generation=5), b.clock.now()) == (
        Reason.OLD_GENERATION
    )
    assert len(b.calls) == n
    assert latch.send(target, b.clock.now()) == Reason.NONE


def test_a_loop_that_was_suspended_stops_when_it_goes_on(bench):
    b = bench().start()
    b.run(0.5)
    b.clock._alarms.clear()  # its thread has not been woken yet
    b.clock.advance(3)
    b.loop.tick()
    assert b.loop.reason == Reason.WATCHDOG
    assert b.names()[-1] == "stop"


def test_an_arm_that_does_not_connect_says_so(bench):
    b = bench()

    def refuse():
        raise ArmError("no route")

    b.loop._latch.arm.connect = refuse
    with pytest.raises(ArmError, match="no route"):
        b.loop.connect()
    assert b.loop.phase == Phase.DISCONNECTED


@pytest.mark.parametrize("name", ["read_state", "command_pose"])
def test_a_call_that_hangs_is_overtaken_by_the_stop(new_policy, name):
    """On the machine's clock: the call returns only after the arm was stopped."""
    clock, calls, stopped = MonotonicClock(), [], threading.Event()

    class Hanging(KinematicArm):
        hangs = False

        def stop(self, reason: str) -> None:
            calls.append(("stop", clock.now()))
            stopped.set()

        def read_state(self) -> ArmState:
            if self.hangs and name == "read_state":
                assert stopped.wait(20)
            return super().read_state()

        def command_pose(self, target: PoseTarget) -> None:
            calls.append(("command_pose", clock.now()))
            if self.hangs and name == "command_pose":
                assert stopped.wait(20)

    arm = Hanging(clock)
    arm.connect()
    state = arm.read_state()
    rng = np.random.default_rng(0)
    policy = new_policy(clock, state.pos, state.quat, rng, 1e9, 1e9, None)
    loop = ServoLoop(arm, SafetyGate(), policy, Scene, clock)
    loop.connect()
    loop.arm()
    start = clock.now()

    def done() -> bool:
        arm.hangs = len(calls) >= 5
        return clock.now() > start + 20

    loop.run(done)
    assert (loop.phase, loop.reason) == (Phase.FAULT, Reason.WATCHDOG)
    last = calls[-2][1]
    assert calls[-1][0] == "stop"
    assert calls[-1][1] - last < 0.2 + 0.5  # what else the machine may be at
    loop.close()
    assert [n for n, _ in calls].count("stop") == 1

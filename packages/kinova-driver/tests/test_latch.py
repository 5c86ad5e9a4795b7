"""The race between a target and a stop, and what comes too late."""

import threading

import numpy as np
import pytest

from onehop_kinova_driver import (
    ArmError,
    KinematicArm,
    LoggedArm,
    MonotonicClock,
    Phase,
    Reason,
    SafetyGate,
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

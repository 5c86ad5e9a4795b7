"""The phases of the loop, its deadlines, and the race between a target and a stop."""

import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    Phase,
    Reason,
    Scheduled,
    Spread,
    faults,
)


def test_phases_in_order(bench):
    b = bench()
    assert b.loop.phase == Phase.DISCONNECTED
    b.loop.connect()
    assert b.loop.phase == Phase.CONNECTED
    b.loop.tick()
    assert "command_pose" not in b.names()
    b.loop.arm()
    assert b.loop.phase == Phase.ARMED
    b.run(1)
    assert b.loop.phase == Phase.ACTIVE
    b.loop.stop()
    assert (b.loop.phase, b.loop.reason) == (Phase.STOPPED, Reason.OPERATOR)
    b.loop.close()
    assert b.loop.phase == Phase.DISCONNECTED
    assert b.names().count("stop") == 1
    assert b.names()[-1] == "close"


def test_phases_out_of_order_are_refused(bench):
    b = bench()
    with pytest.raises(BadInput, match="expected CONNECTED, got DISCONNECTED"):
        b.loop.arm()
    b.loop.connect()
    with pytest.raises(BadInput, match="expected DISCONNECTED"):
        b.loop.connect()
    with pytest.raises(BadInput, match="expected STOPPED or FAULT"):
        b.loop.clear()
    b.loop.arm()
    b.run(0.5)
    b.loop.stop()
    with pytest.raises(BadInput, match="expected CONNECTED, got STOPPED"):
        b.loop.arm()


def test_only_an_operator_leaves_a_stop(bench):
    b = bench().start()
    b.run(0.5)
    b.loop.stop()
    b.clock.advance(5)
    b.run(0.5)
    b.loop.tick()
    assert b.names()[-1] == "stop"
    b.loop.clear()
    assert b.loop.phase == Phase.CONNECTED
    b.loop.arm()
    b.run(0.5)
    assert "command_pose" not in b.names()[b.names().index("stop") :]
    assert b.loop.counts["old"] > 0
    b.policy.generation = b.loop.generation
    b.policy.centre = np.array(b.inner.read_state().pos)
    b.policy.start = b.clock.now()
    b.run(0.5)
    assert b.names()[-1] == "command_pose"


def test_armed_it_waits_for_the_first_target(bench):
    b = bench()
    b.policy.wrong, b.policy.onset = (lambda *_: None), 0.0
    b.start()
    b.run(30)
    assert b.loop.phase == Phase.ARMED
    assert "command_pose" not in b.names()
    b.loop.close()
    assert b.names().count("stop") == 1


def test_read_only_it_sends_nothing_at_all(bench):
    b = bench()
    b.loop.connect()
    b.run(5)
    b.loop.tick()
    b.loop.close()
    assert b.names() == ["connect", "close"]


def test_a_target_from_before_arming_is_not_followed(bench):
    b = bench()
    old = b.policy.target(b.clock.now())
    b.clock.advance(0.02)
    b.start()
    b.policy.wrong, b.policy.onset = (lambda *_: old), 0.0
    b.run(1)
    assert b.loop.phase == Phase.ARMED


def test_silence_is_noticed_when_it_is_due(bench):
    b = bench()
    b.start()
    b.clock.advance(0.013)
    b.run(1)
    b.policy.wrong = lambda policy, _: policy.last
    b.policy.onset = b.clock.now() + 0.02
    b.run(1)
    last = b.policy.last.t_sent
    times = {name: t for t, name, _ in b.calls}
    assert times["hold"] == pytest.approx(last + 0.125, abs=1e-4)
    assert times["stop"] == pytest.approx(last + 0.2, abs=1e-4)
    assert times["command_pose"] < times["hold"]


def test_deadlines_missed_in_a_row_hold(bench):
    slow = faults.slow(0.07, 0.075, "read_state")
    b = bench([Scheduled(102.0, 104.0, slow)]).start()
    b.run(6)
    held = [t.times.now for t in b.ticks if t.reason == Reason.MISSES]
    assert 102.5 < held[0] < 102.8
    assert held[-1] < 104.2
    assert b.loop.counts["misses"] >= 15
    assert b.loop.phase == Phase.ACTIVE


def test_ticks_do_not_come_in_a_burst(bench):
    slow = faults.slow(0.07, 0.075, "read_state")
    b = bench([Scheduled(102.0, 102.5, slow)]).start()
    b.run(4)
    times = [t.times.now - 0.07 * (t.times.took > 0.06) for t in b.ticks]
    grid = (np.array(times) - 100.0) / 0.05
    assert np.abs(grid - np.round(grid)).max() < 1e-6
    assert np.diff(times).min() > 0.049


def test_the_hold_of_a_call_that_fails_is_not_the_end(bench):
    b = bench([Scheduled(101.0, 101.04, faults.refusing(3, 18, "command_pose"))])
    b.start().run(2)
    failed = [t for t in b.ticks if t.reason == Reason.CALL_FAILED]
    assert len(failed) == 1
    assert "18" in b.loop.error
    assert b.loop.phase == Phase.ACTIVE


def test_where_the_stop_fails_the_emergency_stop_is_left(bench):
    b = bench([Scheduled(101.0, 1e9, faults.refusing(3, 1, "stop"))]).start()
    b.run(1.5)
    b.loop.stop()
    assert b.names()[-1] == "estop"
    assert b.loop.phase == Phase.FAULT
    assert b.inner.read_state().faults


def test_what_a_scene_or_a_record_raises_stops(bench):
    for name in ("_scene", "_record"):
        b = bench().start()
        b.run(0.5)

        def fails(*_):
            raise OSError("full")

        setattr(b.loop, name, fails)
        with pytest.raises(OSError, match="full"):
            b.run(0.5)
        assert b.names().count("stop") == 1
        assert b.loop.reason == Reason.EXCEPTION


def test_a_signal_stops_within_a_period(bench):
    b = bench().start()
    b.run(0.5)
    b.loop.ask(Reason.SIGNAL)
    asked = b.clock.now()
    b.run(1)
    assert b.loop.reason == Reason.SIGNAL
    assert b.calls[-1][0] <= asked + 0.05


def test_quantiles_are_right_to_a_bin():
    rng = np.random.default_rng(0)
    times = np.exp(rng.normal(-6, 1, 5_000))
    spread = Spread()
    for t in times:
        spread.add(t)
    for p in (0.5, 0.95, 0.99):
        assert spread.quantile(p) == pytest.approx(np.quantile(times, p), rel=0.13)
    assert spread.quantile(1) == times.max() == spread.most
    assert Spread().quantile(0.5) == 0

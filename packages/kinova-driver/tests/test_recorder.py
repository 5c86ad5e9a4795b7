"""Logs: what they hold, how they end, and that the gate says the same to them."""

import struct
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    ArmError,
    Limits,
    Motion,
    Recorder,
    ReplayArm,
    SafetyGate,
    Scene,
    Scheduled,
    Sphere,
    VirtualClock,
    differing,
    faults,
    read_log,
)
from onehop_kinova_driver._codec import (
    MALFORMED,
    pack_state,
    pack_target,
    pack_tick,
    unpack_state,
    unpack_target,
    unpack_tick,
)
from onehop_kinova_driver._limits import limits_from, limits_to


@pytest.fixture(scope="session")
def log(bench, tmp_path_factory):
    """The path of a log of some seconds in which much goes wrong, and its ticks."""
    path = tmp_path_factory.mktemp("log") / "run.log"
    schedule = [
        Scheduled(101.0, 101.2, faults.dropped),
        Scheduled(102.0, 102.04, faults.refusing(3, 18, "command_pose")),
        Scheduled(103.0, 103.04, faults.mute(0.075, "read_state")),
        Scheduled(104.0, 105.0, faults.altered(pos=lambda p: (nan, *p[1:]))),
    ]
    b = bench(schedule, Limits(motion=Motion(speed=0.09)))
    ticks, record = [], Recorder(path, b.loop._gate)

    def write(tick):
        record(tick)
        ticks.append(tick)
        if len(ticks) == 20:
            b.scene = Scene((Sphere((0.5, 0.5, 0.3), 0.1),))
            record.note({"scores": [0.1, 0.7]})

    b.loop._record = write
    b.start().run(6)
    record.close()
    return path, ticks


def test_a_log_holds_every_tick(log):
    path, ticks = log
    found = read_log(path)
    assert found.whole
    assert len(found.ticks) == len(ticks) > 70
    for read, was in zip(found.ticks, ticks, strict=True):
        assert pack_tick(read) == pack_tick(was)
        assert read.seen.scene == was.seen.scene
    assert found.notes == [{"scores": [0.1, 0.7]}]
    assert found.gate.limits == Limits(motion=Motion(speed=0.09))


def test_the_gate_says_the_same_bits_again(log):
    found = read_log(log[0])
    rulings = {t.verdict.ruling.name for t in found.ticks if t.verdict}
    assert rulings >= {"CLAMP", "HOLD", "STOP"}
    assert differing(found) == []


def test_another_gate_says_something_else(log):
    found = read_log(log[0])
    slower = SafetyGate(replace(found.gate.limits, motion=Motion(acceleration=0.1)))
    assert differing(found._replace(gate=slower)) != []


def test_a_log_that_was_cut_off_anywhere_is_read_up_to_there(log, tmp_path):
    data = log[0].read_bytes()
    whole = len(read_log(log[0]).ticks)
    rng = np.random.default_rng(0)
    for end in rng.integers(600, len(data), 30):
        (tmp_path / "cut").write_bytes(data[:end])
        found = read_log(tmp_path / "cut")
        assert len(found.ticks) <= whole * end / len(data) + 3
        assert len(found.ticks) >= whole * end / len(data) - 6
        assert differing(found) == []


def test_a_damaged_frame_ends_it(log, tmp_path):
    data = bytearray(log[0].read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "bad").write_bytes(data)
    found = read_log(tmp_path / "bad")
    assert not found.whole
    assert 10 < len(found.ticks) < len(log[1])


def test_other_files_are_refused(tmp_path, log):
    (tmp_path / "other").write_bytes(b"something else")
    with pytest.raises(BadInput, match="expected a log"):
        read_log(tmp_path / "other")
    (tmp_path / "empty").write_bytes(log[0].read_bytes()[:20])
    with pytest.raises(BadInput, match="settings"):
        read_log(tmp_path / "empty")
    with pytest.raises(BadInput, match="expected a file"):
        read_log(tmp_path / "none")


def test_a_log_is_never_written_over(tmp_path):
    Recorder(tmp_path / "a", SafetyGate()).close()
    with pytest.raises(BadInput, match="cannot be written"):
        Recorder(tmp_path / "a", SafetyGate())


@pytest.mark.parametrize("x", [nan, inf, -inf, 5e-324, -0.0, 1 / 3])
def test_numbers_come_back_as_the_same_bits(state_at, target_by, x):
    state = state_at()
    odd = state._replace(t=x, q=(x, *state.q[1:]), twist=(*state.twist[:5], x))
    assert pack_state(unpack_state(pack_state(odd))) == pack_state(odd)
    target = target_by(state)._replace(pos=(x, x, x), t_valid_until=x)
    assert pack_target(unpack_target(pack_target(target))) == pack_target(target)
    assert struct.pack("d", unpack_state(pack_state(odd)).t) == struct.pack("d", x)


@pytest.mark.parametrize(
    "bad", ["there", (), {"pos": (1.0,)}, {"seq": 2**70}, {"pos": (1, 0.0, 0.0)}]
)
def test_what_is_malformed_is_read_as_malformed(log, target_by, state_at, bad):
    tick = log[1][5]
    target = target_by(state_at())._replace(**bad) if isinstance(bad, dict) else bad
    tick = tick._replace(seen=tick.seen._replace(target=target))
    assert unpack_tick(pack_tick(tick), tick.seen.scene).seen.target is MALFORMED


def test_limits_lead_back():
    limits = Limits(motion=Motion(speed=0.123456789))
    assert limits_from(limits_to(limits)) == limits
    with pytest.raises(BadInput, match="limits"):
        limits_from({"motion": {}})
    missing = limits_to(limits)
    del missing["motion"]["speed"]
    with pytest.raises(BadInput, match="motion"):
        limits_from(missing)


def test_a_replayed_arm_says_what_was_said(log):
    states = [t.seen.state for t in read_log(log[0]).ticks[:15]]
    clock = VirtualClock(7.0)
    arm = ReplayArm(states, clock)
    with pytest.raises(ArmError):
        arm.read_state()
    arm.connect()
    for state in states:
        clock.sleep_until(7.0 + state.t - states[0].t)
        said = arm.read_state()
        assert said._replace(t=state.t) == state
        assert said.t == pytest.approx(clock.now())
    clock.advance(5)
    assert arm.read_state().seq == states[-1].seq
    with pytest.raises(ArmError):
        ReplayArm([], clock).connect()

"""What goes wrong, on virtual time: each case at 25 moments of 25 motions.

What the loop asks for and what reaches the arm are both written down, with the time. An
oracle holds that to the bounds; a case adds what becomes of the loop, and by when.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan

import pytest

from onehop_kinova_driver import (
    ArmError,
    Phase,
    Reason,
    Sphere,
    faults,
)


@dataclass(frozen=True)
class Case:
    """What goes wrong, and what is to become of it.

    Attributes:
        ends: Whether the arm has to be stopped for good.
        fault: Of the arm.
        policy: What the policy does.
        lasts: How long [s].
        within: By when the arm is to be stopped [s].
        held: By when the last target is sent, if it is to be stopped [s].
        moves: Whether it goes on in the end, if it is not stopped.
        scene: What is in the way from the onset on, given where the tool is.
    """

    ends: bool
    fault: faults.Fault | None = None
    policy: Callable | None = None
    lasts: float = inf
    within: float = 0.2
    held: float = 0.125
    moves: bool = True
    scene: Callable | None = None


SEEDS = range(25)
CALL = 0.075
LOW, HIGH = (0.15, -0.55, 0.05), (0.75, 0.55, 0.85)


def each(**changes):
    return faults.altered(**{k: lambda _, v=v: v for k, v in changes.items()})


def put(i, value):
    return lambda old: (*old[:i], value, *old[i + 1 :])


def error(*_):
    raise RuntimeError("a bug")


def silent(policy, _):
    return policy.last


CASES = {
    # feedback
    "drop feedback": Case(True, faults.dropped, within=0.25),
    "drop feedback for 80 ms": Case(False, faults.dropped, lasts=0.08),
    "drop feedback for 160 ms": Case(False, faults.dropped, lasts=0.16),
    "freeze the number": Case(True, each(seq=7), within=0.25),
    "reorder for 60 ms": Case(False, faults.reordered, lasts=0.06),
    "reorder": Case(False, faults.reordered),
    "feedback 50 ms late": Case(False, faults.altered(t=lambda t: t - 0.05)),
    "feedback 150 ms late": Case(
        False, faults.altered(t=lambda t: t - 0.15), moves=False
    ),
    "feedback 300 ms late": Case(True, faults.altered(t=lambda t: t - 0.3)),
    "feedback from the future": Case(True, faults.altered(t=lambda t: t + 1)),
    "no state": Case(True, lambda c: None if c.name == "read_state" else c.make()),
    "nan position": Case(True, faults.altered(pos=put(0, nan))),
    "nan joint": Case(True, faults.altered(q=put(3, nan))),
    "infinite velocity": Case(True, faults.altered(dq=put(1, inf))),
    "no quaternion": Case(True, each(quat=(0.0, 0.0, 0.0, 0.0))),
    "short state": Case(True, faults.altered(q=lambda q: q[:6])),
    "joint jumps": Case(True, faults.altered(q=put(1, 1.5))),
    "joint out of range": Case(True, faults.altered(q=put(3, -2.6))),
    "joint races": Case(True, faults.altered(dq=put(6, 1.3))),
    "pose jumps": Case(True, faults.altered(pos=put(2, 0.8))),
    "fault bits": Case(True, each(faults=8)),
    "not ready": Case(True, each(ready=False)),
    # calls
    "mute": Case(True, faults.mute(CALL)),
    "mute for one call": Case(False, faults.mute(CALL, "read_state"), lasts=0.06),
    "mute when read": Case(True, faults.mute(CALL, "read_state")),
    "mute when sent to": Case(True, faults.mute(CALL, "command_pose"), held=0.2),
    "slow to read": Case(False, faults.slow(0.03, CALL, "read_state")),
    "slower than the period": Case(
        False, faults.slow(0.06, CALL, "read_state"), moves=False
    ),
    "slow to send to": Case(False, faults.slow(0.03, CALL, "command_pose")),
    "too slow to send to": Case(True, faults.slow(1.0, CALL, "command_pose"), held=0.2),
    "hang when read": Case(True, faults.slow(3.0, inf, "read_state")),
    "hang when sent to": Case(True, faults.slow(3.0, inf, "command_pose")),
    "movement in progress": Case(True, faults.refusing(3, 18, "command_pose")),
    "movement in progress once": Case(
        False, faults.refusing(3, 18, "command_pose"), lasts=0.05
    ),
    "wrong servoing mode": Case(True, faults.refusing(3, 75, "command_pose")),
    "session lost": Case(True, faults.refusing(3, 130)),
    "disconnected": Case(
        True, faults.raising(lambda: ArmError("broken pipe"), "read_state")
    ),
    "bug when read": Case(True, faults.raising(RuntimeError, "read_state")),
    "bug when sent to": Case(True, faults.raising(RuntimeError, "command_pose")),
    "actuators stuck": Case(False, faults.lost("command_pose"), moves=False),
    # the policy
    "silent": Case(True, policy=silent),
    "silent for 100 ms": Case(False, policy=silent, lasts=0.1),
    "silent for 140 ms": Case(False, policy=silent, lasts=0.14),
    "silent for 250 ms": Case(True, policy=silent, lasts=0.25),
    "nothing": Case(True, policy=lambda p, t: None),
    "nan": Case(True, policy=lambda p, t: p.target(p.clock.now(), pos=(nan,) * 3)),
    "infinite": Case(True, policy=lambda p, t: p.target(p.clock.now(), pos=(inf,) * 3)),
    "wrong shape": Case(True, policy=lambda p, t: p.target(p.clock.now(), pos=(0.4,))),
    "wrong type": Case(True, policy=lambda p, t: "go there"),
    "no rotation": Case(True, policy=lambda p, t: p.target(0.0, quat=(0.0,) * 4)),
    "out of the box": Case(
        True, policy=lambda p, t: p.target(p.clock.now(), pos=(0.4, 0.0, -0.1))
    ),
    "jump": Case(
        False, policy=lambda p, t: p.target(p.clock.now(), pos=(0.5, 0.3, 0.3))
    ),
    "to and fro": Case(
        False,
        policy=lambda p, t: p.target(
            p.clock.now(), pos=(0.4, 0.4 * (-1) ** p.seq, 0.4)
        ),
    ),
    "turned over": Case(
        False, policy=lambda p, t: p.target(p.clock.now(), quat=(0.0, 1.0, 0.0, 0.0))
    ),
    "stamps of the future": Case(
        True, policy=lambda p, t: p.target(p.clock.now(), t_sent=1e9)
    ),
    "stamps of the past": Case(
        True, policy=lambda p, t: p.target(p.clock.now(), t_sent=p.onset - 1)
    ),
    "worth nothing": Case(
        False,
        policy=lambda p, t: p.target(p.clock.now(), t_valid_until=0.0),
        moves=False,
    ),
    "old generation": Case(
        True, policy=lambda p, t: p.target(p.clock.now(), generation=-1)
    ),
    "old numbers": Case(True, policy=lambda p, t: p.target(p.clock.now(), seq=0)),
    "exception": Case(True, policy=error),
    # the world
    "obstacle at the tool": Case(True, scene=lambda pos: Sphere(pos, 0.05)),
    "obstacle ahead": Case(
        False,
        scene=lambda pos: Sphere((pos[0], pos[1] + 0.24, pos[2]), 0.1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name, play_case, checked):
    case = CASES[name]
    for seed in SEEDS:
        asked, reached, states, loop, onset, phase = play_case(case, seed)
        sent = checked(asked, states, most=0.05)
        checked(reached, states)
        assert sent[0][0] < onset
        stops = [t for t, what, _ in asked if what == "stop"]
        assert len(stops) == 1, seed
        for calls in (asked, reached):
            assert not [
                t for t, what, _ in calls if what == "command_pose" and t > stops[0]
            ]
        assert loop.phase == Phase.DISCONNECTED
        if case.ends:
            assert phase in (Phase.STOPPED, Phase.FAULT), (seed, phase)
            assert stops[0] <= onset + case.within + 2e-6, (seed, stops[0] - onset)
            assert sent[-1][0] <= onset + case.held + 1e-9, (seed, sent[-1][0] - onset)
        else:
            assert phase in (Phase.ACTIVE, Phase.HOLD), (seed, loop.reason, loop.error)
            assert loop.reason == Reason.CLOSED
            if case.moves:
                assert sent[-1][0] >= onset + 1.0


def test_there_are_enough_of_them():
    assert len(CASES) >= 40
    assert len(SEEDS) >= 25

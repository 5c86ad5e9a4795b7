"""States and targets to begin with, and a motion in which something goes wrong."""

from contextlib import suppress
from itertools import pairwise
from math import dist, inf

import numpy as np
import pytest

from onehop_kinova_driver import (
    HOME,
    ArmState,
    FaultyArm,
    Gen3,
    KinematicArm,
    LoggedArm,
    Phase,
    PoseTarget,
    SafetyGate,
    Scene,
    Scheduled,
    ServoLoop,
    VirtualClock,
    Workspace,
)
from onehop_kinova_driver._rotations import angle_between

NOW = 100.0
LOW, HIGH = (0.15, -0.55, 0.05), (0.75, 0.55, 0.85)


@pytest.fixture(scope="session")
def state_at():
    """A state of an arm at rest, as of now."""

    def make(q=HOME, arm=None, **changes) -> ArmState:
        pos, quat = (arm or Gen3()).pose(q)
        rest = (0.0,) * 7
        made = ArmState(NOW, 1, tuple(map(float, q)), rest, pos, quat)
        return made._replace(**changes)

    return make


@pytest.fixture
def gate() -> SafetyGate:
    """One with the default limits."""
    return SafetyGate()


@pytest.fixture
def home(state_at) -> ArmState:
    """The arm at home."""
    return state_at()


@pytest.fixture(scope="session")
def target_by():
    """A target so far from a state, handed over now."""

    def make(state, by=(0.0, 0.0, 0.0), **changes) -> PoseTarget:
        pos = tuple(p + d for p, d in zip(state.pos, by, strict=True))
        made = PoseTarget(pos, state.quat, 1, NOW, NOW, NOW + 1, 0)
        return made._replace(**changes)

    return make


@pytest.fixture(scope="session")
def wide() -> Workspace:
    """A workspace that is not in the way of what is tested."""
    return Workspace((-1.2, -1.2, -0.5), (1.2, 1.2, 1.5))


class Policy:
    """Moves the target about; from a time on it does otherwise.

    Args:
        loop: Whose generation its targets are of.
        rng: Of the way it takes.
        wrong: Given a target and how long it has been wrong [s]: what comes instead.
    """

    def __init__(self, clock, centre, quat, rng, onset, end, wrong) -> None:
        self.clock, self.centre, self.quat = clock, np.array(centre), quat
        self.onset, self.end, self.wrong = onset, end, wrong
        self.size, self.rate = rng.uniform(0.02, 0.06, 3), rng.uniform(0.5, 2, 3)
        self.start, self.seq, self.generation = clock.now(), 0, 0
        self.last = None

    def __call__(self):
        now = self.clock.now()
        if self.onset <= now < self.end and self.wrong is not None:
            new = self.wrong(self, now - self.onset)
        else:
            new = self.target(now)
        self.last = new
        return new

    def target(self, now, **changes):
        self.seq += 1
        t = now - self.start
        pos = tuple((self.centre + self.size * np.sin(self.rate * t)).tolist())
        made = PoseTarget(
            pos, self.quat, self.seq, now, now, now + 0.3, self.generation
        )
        return made._replace(**changes)


def play(case, seed: int):
    """Some seconds; what was asked for, what reached the arm, and what became of it."""
    rng = np.random.default_rng(seed)
    clock = VirtualClock(rng.uniform(0, 1e5))
    onset = clock.now() + rng.uniform(0.6, 1.2)
    asked, reached, states = [], [], []
    inner = LoggedArm(KinematicArm(clock), clock, lambda *call: reached.append(call))
    schedule = [Scheduled(onset, onset + case.lasts, case.fault)] if case.fault else []
    faulty = FaultyArm(inner, clock, schedule)
    arm = LoggedArm(faulty, clock, lambda *call: asked.append(call))
    arm.connect()
    first = inner.read_state()
    policy = Policy(
        clock, first.pos, first.quat, rng, onset, onset + case.lasts, case.policy
    )
    nothing, there = Scene(), []

    def scene() -> Scene:
        if case.scene is None or clock.now() < onset:
            return nothing
        if not there:
            there.append(Scene((case.scene(inner.read_state().pos),)))
        return there[0]

    loop = ServoLoop(arm, SafetyGate(), policy, scene, clock)
    loop.connect()
    loop.arm()
    end = clock.now() + 2.2

    def done() -> bool:
        states.append(inner.read_state())
        return clock.now() >= end

    with suppress(RuntimeError):
        loop.run(done)
    phase = loop.phase
    if phase in (Phase.STOPPED, Phase.FAULT):
        clock.advance(1)
        with suppress(RuntimeError):
            loop.tick()
    loop.close()
    return asked, reached, states, loop, onset, phase


def check_commands(calls, states, most=inf) -> list[tuple[float, PoseTarget]]:
    """The commands; all of them within the bounds."""
    sent = [(t, target) for t, name, target in calls if name == "command_pose"]
    ticks = np.array([s.t for s in states])
    for t, target in sent:
        assert np.isfinite([*target.pos, *target.quat]).all()
        assert all(a <= x <= b for a, x, b in zip(LOW, target.pos, HIGH, strict=True))
        # Measured at a tick of the oracle's, at most two periods away.
        state = states[int(np.argmin(np.abs(ticks - t)))]
        assert dist(target.pos, state.pos) <= 0.02 + 0.1 * 0.2
        assert angle_between(target.quat, state.quat) <= np.radians(10) + 0.1
    for (s, a), (t, b) in pairwise(sent):
        assert t > s
        dt = min(t - s, most)
        assert dist(a.pos, b.pos) <= 0.1 * dt + 1e-8
        assert angle_between(a.quat, b.quat) <= np.radians(20) * dt + 1e-6
    return sent


class Bench:
    """A loop, its arm and its policy, on virtual time."""

    def __init__(self, schedule=(), limits=None, wrap=lambda arm: arm):
        self.clock = VirtualClock(100.0)
        self.calls, self.ticks, self.scene = [], [], Scene()
        inner = KinematicArm(self.clock)
        logged = LoggedArm(inner, self.clock, lambda *call: self.calls.append(call))
        inner.connect()
        state = inner.read_state()
        rng = np.random.default_rng(0)
        self.policy = Policy(self.clock, state.pos, state.quat, rng, 1e9, 1e9, None)
        self.loop = ServoLoop(
            FaultyArm(wrap(logged), self.clock, schedule),
            SafetyGate(limits),
            self.policy,
            lambda: self.scene,
            self.clock,
            self.ticks.append,
        )
        self.inner = inner

    def start(self) -> "Bench":
        self.loop.connect()
        self.loop.arm()
        return self

    def run(self, seconds: float) -> None:
        end = self.clock.now() + seconds - 1e-6
        self.loop.run(lambda: self.clock.now() >= end)

    def names(self) -> list[str]:
        return [name for _, name, _ in self.calls]


@pytest.fixture(scope="session")
def bench():
    """Makes a bench."""
    return Bench


@pytest.fixture(scope="session")
def play_case():
    """Makes a case, plays it with a seed."""
    return play


@pytest.fixture(scope="session")
def new_policy():
    """Makes a policy."""
    return Policy


@pytest.fixture(scope="session")
def checked():
    """Holds the calls to the bounds."""
    return check_commands

"""What every arm that can be moved is held to: call `check_arm` in a test of yours.

It asks for an arm on a clock that it turns itself, so arms of metal are not for it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import dist

from ._arm import ArmError, ArmInterface
from ._clock import Clock, VirtualClock
from ._gate import SafetyGate
from ._gen3 import Gen3
from ._rotations import angle_between
from ._scene import Scene
from ._values import ArmState, PoseTarget

__all__ = ["check_arm"]

STEP = 0.01
"""How far a target is away [m]."""
PATIENCE = 3.0
"""By when an arm is there [s]."""
NEAR = 1e-3
"""What counts as there [m]."""


def check_arm(make: Callable[[Clock], ArmInterface]) -> None:
    """Hold an arm to what `ArmInterface` says.

    Args:
        make: Makes an arm that is not connected, on a clock.

    Raises:
        AssertionError: saying what it does not keep to.
    """
    clock = VirtualClock(50.0)
    arm = make(clock)
    assert _refuses(arm.read_state), "it answers before it is connected"
    arm.connect()
    _check_states(arm, clock)
    _check_targets(arm, clock)
    _check_stop(arm, clock)
    _check_emergency(arm)
    arm.close()
    assert _refuses(arm.read_state), "it answers after it is closed"


def _check_states(arm: ArmInterface, clock: VirtualClock) -> None:
    gate = SafetyGate(arm=Gen3(arm.info().tool))
    a = arm.read_state()
    verdict = gate.watch(a, Scene(), clock.now())
    assert verdict is None, f"the gate refuses its first state: {verdict}"
    clock.advance(1.0)
    b = arm.read_state()
    assert b.seq > a.seq, "the number of its state does not advance"
    assert b.t > a.t, "the time of its state does not advance"
    assert dist(a.pos, b.pos) < NEAR, "it moves without a target"


def _check_targets(arm: ArmInterface, clock: VirtualClock) -> None:
    start = arm.read_state()
    target = _target(start, clock)
    arm.command_pose(target)
    beyond = max(dist(s.pos, start.pos) for s in _moments(arm, clock))
    assert beyond < STEP + NEAR, "it goes beyond its target"
    end = arm.read_state()
    assert dist(end.pos, target.pos) < NEAR, "it does not get to its target"
    assert angle_between(end.quat, target.quat) < 0.01, "it is turned on the way"
    arm.hold()
    assert all(dist(s.pos, end.pos) < NEAR for s in _moments(arm, clock)), (
        "it moves on in a hold"
    )


def _check_stop(arm: ArmInterface, clock: VirtualClock) -> None:
    arm.command_pose(_target(arm.read_state(), clock, 5 * STEP))
    clock.advance(0.1)
    arm.stop("check")
    clock.advance(0.1)
    here = arm.read_state()
    assert all(dist(s.pos, here.pos) < NEAR for s in _moments(arm, clock)), (
        "it moves on after a stop"
    )


def _check_emergency(arm: ArmInterface) -> None:
    arm.estop()
    state = arm.read_state()
    assert state.faults or not state.ready, "its emergency stop is not in its state"
    target = PoseTarget(state.pos, state.quat, 9, state.t, state.t, state.t + 1, 0)
    refused = _refuses(lambda: arm.command_pose(target))
    assert refused, "it takes targets after its emergency stop"
    arm.clear_faults()
    state = arm.read_state()
    assert state.ready, "it is not ready though it was cleared"
    assert not state.faults, "it keeps its fault though it was cleared"
    arm.command_pose(target)


def _target(state: ArmState, clock: Clock, by: float = STEP) -> PoseTarget:
    x, y, z = state.pos
    now = clock.now()
    return PoseTarget((x, y + by, z), state.quat, 1, now, now, now + 1, 0)


def _moments(arm: ArmInterface, clock: VirtualClock) -> list[ArmState]:
    states = []
    for _ in range(round(PATIENCE / 0.05)):
        clock.advance(0.05)
        states.append(arm.read_state())
    return states


def _refuses(do: Callable[[], object]) -> bool:
    try:
        do()
    except ArmError:
        return True
    return False

"""What a tick of the loop saw, decided and did, and the phases of the loop."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from ._scene import Scene
from ._values import ArmState, PoseTarget
from ._verdict import Reason, Sent, Verdict

__all__ = ["LATCHED", "MOVING", "Phase", "Seen", "Tick", "Times"]


class Phase(IntEnum):
    """Where the loop is.

    DISCONNECTED -> CONNECTED (reads only) -> ARMED (may move) -> ACTIVE <-> HOLD, and
    from each of the last three -> STOPPED or FAULT, which only an operator leaves.
    """

    DISCONNECTED = 0
    CONNECTED = 1
    ARMED = 2
    ACTIVE = 3
    HOLD = 4
    STOPPED = 5
    FAULT = 6


MOVING = frozenset({Phase.ARMED, Phase.ACTIVE, Phase.HOLD})
LATCHED = frozenset({Phase.STOPPED, Phase.FAULT})


class Times(NamedTuple):
    """When a tick was.

    Attributes:
        now: Of the gate's check [s].
        wall: The same as the date has it, in seconds since 1970.
        late: How late the tick began [s].
        took: What reading, checking and sending took [s].
    """

    now: float
    wall: float
    late: float
    took: float


class Seen(NamedTuple):
    """What the gate was asked about.

    Attributes:
        state: What the arm said, None if it did not answer.
        target: What the policy said last; of any kind.
        scene: What was in the way.
        last: What had been sent before.
    """

    state: ArmState | None
    target: PoseTarget | None
    scene: Scene
    last: Sent | None


class Tick(NamedTuple):
    """One tick.

    Attributes:
        times: When it was.
        phase: After it.
        generation: After it.
        seen: What the gate was asked about.
        verdict: The gate's, None if it was not asked.
        sent: Whether the verdict's target was sent.
        reason: The loop's own, if it did otherwise than the verdict says.
    """

    times: Times
    phase: Phase
    generation: int
    seen: Seen
    verdict: Verdict | None
    sent: bool
    reason: Reason

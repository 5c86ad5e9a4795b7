"""Replaying: what the gate says to a log, bit for bit, and an arm that was.

`differing` asks the gate of a log about every tick again. On the machine that wrote it
the answers are the same bits; another processor or numpy may round a last bit
differently.
"""

from __future__ import annotations

from collections.abc import Sequence

from ._arm import ArmError, ArmInterface
from ._clock import Clock
from ._codec import pack_verdict
from ._recorder import Log
from ._values import ArmInfo, ArmState, PoseTarget

__all__ = ["ReplayArm", "differing"]


def differing(log: Log) -> list[int]:
    """The ticks of a log to which its gate says something else now."""
    found = []
    for i, tick in enumerate(log.ticks):
        state, target, scene, last = tick.seen
        if tick.verdict is None or state is None:
            continue
        said = log.gate.check(state, target, scene, tick.times.now, last)
        if pack_verdict(said) != pack_verdict(tick.verdict):
            found.append(i)
    return found


class ReplayArm(ArmInterface):
    """Says what an arm said once, whatever it is sent.

    Args:
        states: In order; the first is said at once, the others as much later as they
            were then.
        clock: The time.
    """

    def __init__(self, states: Sequence[ArmState], clock: Clock) -> None:
        self._states, self._clock = tuple(states), clock
        self.sent: list[PoseTarget] = []
        self.stops: list[str] = []
        self._at, self._shift, self._connected = 0, 0.0, False

    def connect(self) -> None:
        """Begin with the first state.

        Raises:
            ArmError: if there is none.
        """
        if not self._states:
            raise ArmError("no states to replay")
        self._at, self._connected = 0, True
        self._shift = self._clock.now() - self._states[0].t

    def info(self) -> ArmInfo:
        """A replayed arm."""
        return ArmInfo("replay")

    def read_state(self) -> ArmState:
        """The latest that is due, with its time as if it was said now.

        Raises:
            ArmError: if it is not connected.
        """
        if not self._connected:
            raise ArmError("not connected")
        now = self._clock.now() - self._shift + 1e-9
        while self._at + 1 < len(self._states) and self._states[self._at + 1].t <= now:
            self._at += 1
        state = self._states[self._at]
        return state._replace(t=state.t + self._shift)

    def command_pose(self, target: PoseTarget) -> None:
        """Note it."""
        self.sent.append(target)

    def hold(self) -> None:
        """Nothing."""

    def stop(self, reason: str) -> None:
        """Note it."""
        self.stops.append(reason)

    def estop(self) -> None:
        """Note it."""
        self.stops.append("estop")

    def clear_faults(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Answer no more."""
        self._connected = False

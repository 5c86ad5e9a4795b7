"""The one way to the arm: what is sent passes here, and so does every stop.

Whatever ends the motion (the gate, the policy's silence, the arm's, an operator, a
signal, an exception, a hang) latches the phase and counts the generation up first, and
then stops the arm, once. A target is sent only under the lock that the stop waits for,
if the phase still allows it, it is of this generation, and it was checked a moment ago.
So none is sent after a stop that was computed before.

The stop waits for a call that is under way no longer than its bytes take to leave: a
call that hangs does not keep the arm from being stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import RLock
from typing import TypeVar

from onehop_interfaces import BadInput

from ._arm import ArmError, ArmInterface
from ._clock import Clock
from ._limits import Timing
from ._tick import LATCHED, MOVING, Phase
from ._values import PoseTarget
from ._verdict import Reason

__all__ = ["GRACE", "Latch"]

T = TypeVar("T")

GRACE = 0.025
"""What a call under way is given to leave before a stop [s]."""


class Latch:
    """An arm that can be stopped for good.

    Args:
        arm: The arm.
        clock: The time.
        timing: What calls may take.
        generation: The first.
    """

    def __init__(
        self, arm: ArmInterface, clock: Clock, timing: Timing, generation: int
    ) -> None:
        self.arm = arm
        self.phase, self.generation = Phase.DISCONNECTED, generation
        self.reason, self.error = Reason.NONE, ""
        self.failures: Counter[str] = Counter()
        self._clock, self._timing = clock, timing
        self._state, self._wire = RLock(), RLock()
        self._alarm = clock.alarm(self._hung)

    @property
    def moving(self) -> bool:
        """Whether the arm may move."""
        return self.phase in MOVING

    def expect(self, *phases: Phase) -> None:
        """Refuse what is done in another phase.

        Raises:
            BadInput: naming these and the one there is.
        """
        if self.phase not in phases:
            names = " or ".join(phase.name for phase in sorted(phases))
            raise BadInput(f"phase: expected {names}, got {self.phase.name}")

    def move_to(self, phase: Phase) -> None:
        """Go over to a phase, unless it is latched."""
        with self._state:
            if self.phase not in LATCHED:
                self.phase = phase

    def arm_it(self) -> None:
        """From CONNECTED to ARMED; the alarm is set."""
        self.expect(Phase.CONNECTED)
        self.failures.clear()
        self.reason, self.error = Reason.NONE, ""
        self.phase = Phase.ARMED
        self.alive()

    def clear(self) -> None:
        """From a latched phase to CONNECTED.

        Raises:
            ArmError: if the arm keeps its fault.
        """
        self.expect(*LATCHED)
        self.arm.clear_faults()
        self.phase = Phase.CONNECTED

    def alive(self) -> None:
        """Put the alarm off: everything is as it should be."""
        if self.moving:
            self._alarm.set(self._clock.now() + self._timing.stop_after - GRACE)

    def call(self, name: str, do: Callable[[], T]) -> T | None:
        """What a call of the arm returns; None if it fails.

        The second failure in a row of one kind of call is a fault.
        """
        try:
            result = do()
        except ArmError as error:
            self.error = f"{name}: {type(error).__name__}: {error}"
            self.failures[name] += 1
            if self.failures[name] >= 2:
                self.end(Phase.FAULT, Reason.CALL_FAILED)
            return None
        self.failures[name] = 0
        return result

    def send(self, target: PoseTarget, checked: float) -> Reason:
        """Send a target that the gate has checked at a time [s]; NONE if it is sent."""
        with self._wire:
            if target.generation != self.generation or not self.moving:
                return Reason.OLD_GENERATION
            if self._clock.now() - checked > self._timing.period:
                return Reason.WATCHDOG
            self.call("command_pose", lambda: self.arm.command_pose(target))
        failed = self.failures["command_pose"]
        return Reason.CALL_FAILED if failed else Reason.NONE

    def end(self, phase: Phase, reason: Reason) -> None:
        """Latch and stop the arm: the first that comes here does, no one else."""
        with self._state:
            if not self.moving:
                return
            self.phase, self.reason = phase, reason
            self.generation += 1
        self._alarm.set(None)
        held = self._wire.acquire(timeout=GRACE)
        try:
            self._stop(reason)
        finally:
            if held:
                self._wire.release()

    def close(self) -> None:
        """Stop what may move, and give the arm back."""
        self.end(Phase.STOPPED, Reason.CLOSED)
        self._alarm.close()
        if self.phase != Phase.DISCONNECTED:
            self.phase = Phase.DISCONNECTED
            self.arm.close()

    def _stop(self, reason: Reason) -> None:
        """Stop; where that fails, the arm's emergency stop is what is left."""
        try:
            self.arm.stop(reason.name)
        except Exception as error:
            self.phase, self.error = Phase.FAULT, f"stop: {error}"
            try:
                self.arm.estop()
            except Exception as worse:
                self.error += f"; estop: {worse}"

    def _hung(self) -> None:
        self.end(Phase.FAULT, Reason.WATCHDOG)

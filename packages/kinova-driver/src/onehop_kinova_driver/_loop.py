"""The loop that moves an arm: read, check, send, at absolute deadlines.

The phases are those of `Phase`; all that reaches the arm goes through a `Latch`.

Silence is noticed when it is due, not a tick later: between two ticks the loop wakes as
a target becomes too old. A hang of the loop itself (a call of the arm that does not
return, a process that was suspended) is noticed by the latch's alarm, in a thread of
its own, and by the loop when it goes on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from math import floor

from ._arm import ArmInterface
from ._clock import Clock
from ._gate import SafetyGate
from ._latch import Latch
from ._scene import Scene
from ._spread import Spread
from ._tick import Phase, Seen, Tick, Times
from ._values import ArmState, PoseTarget
from ._verdict import Reason, Ruling, Sent, Verdict

__all__ = ["ServoLoop"]

JUST_AFTER = 1e-6
"""How long after a target has become too old the loop looks [s]."""


class ServoLoop:
    """Moves an arm towards what a policy says, as far as the gate lets it.

    Args:
        arm: The arm.
        gate: Its gate.
        source: Called at each tick: the latest target, None if there is none.
        scene: Called at each tick: what is in the way.
        clock: The time.
        record: Given each tick.
        generation: The first; larger than any before, of this source.

    Attributes:
        counts: Of ticks, of each ruling, of deadlines missed, of old targets.
        late: How late ticks began [s].
        took: What ticks took [s].
    """

    def __init__(
        self,
        arm: ArmInterface,
        gate: SafetyGate,
        source: Callable[[], PoseTarget | None],
        scene: Callable[[], Scene],
        clock: Clock,
        record: Callable[[Tick], None] | None = None,
        generation: int = 0,
    ) -> None:
        self._gate, self._timing = gate, gate.limits.timing
        self._source, self._scene, self._record = source, scene, record
        self._clock = clock
        self._latch = Latch(arm, clock, self._timing, generation)
        self.counts: Counter[str] = Counter()
        self.late, self.took = Spread(), Spread()
        self._asked: Reason | None = None
        self._forget()

    @property
    def phase(self) -> Phase:
        """Where it is."""
        return self._latch.phase

    @property
    def generation(self) -> int:
        """What targets are to be of: one more after each stop."""
        return self._latch.generation

    @property
    def reason(self) -> Reason:
        """Why it stopped."""
        return self._latch.reason

    @property
    def error(self) -> str:
        """What the arm, or another part, said last when it failed."""
        return self._latch.error

    def connect(self) -> None:
        """Connect the arm; nothing moves.

        Raises:
            ArmError: if it does not answer.
            BadInput: if it is connected.
        """
        self._latch.expect(Phase.DISCONNECTED)
        self._latch.arm.connect()
        self._forget()
        self._latch.move_to(Phase.CONNECTED)

    def arm(self) -> None:
        """Let what the policy says from now on move the arm; for the operator.

        Raises:
            BadInput: if the arm is not connected, or the loop is stopped or armed.
        """
        self._latch.expect(Phase.CONNECTED)
        self._forget()
        self._asked = None
        self._latch.arm_it()

    def clear(self) -> None:
        """Leave a stop or a fault behind; for the operator. It has to be armed again.

        Raises:
            BadInput: if there is neither.
            ArmError: if the arm keeps its fault.
        """
        self._latch.clear()

    def ask(self, reason: Reason) -> None:
        """Let the next tick, at most a period away, stop; for handlers of signals."""
        self._asked = reason

    def stop(self, reason: Reason = Reason.OPERATOR) -> None:
        """Stop, from any thread; nothing if nothing can move."""
        self._latch.end(Phase.STOPPED, reason)

    def close(self) -> None:
        """Stop what may move, and give the arm back."""
        self._latch.close()

    def run(self, done: Callable[[], bool] = lambda: False) -> None:
        """Tick at the deadlines of a grid until it is stopped or done.

        Raises:
            Exception: what a tick raises; the arm is stopped before.
        """
        period, start = self._timing.period, self._clock.now()
        k = 0
        while self._latch.moving and not done():
            due = start + k * period
            self._wait(due)
            if not self._latch.moving:
                break
            self.tick(self._clock.now() - due)
            # What could not be kept is left out, so that ticks never come in a burst.
            passed = floor((self._clock.now() - start) / period + 1e-9)
            missed = passed > k
            self._count_miss(missed)
            k = passed + 1 if missed else k + 1

    def tick(self, late: float = 0.0) -> Tick:
        """Read, check, send: once.

        Args:
            late: How late it begins [s], for the record.

        Raises:
            Exception: what anything but the arm raises; the arm is stopped before.
        """
        try:
            return self._tick(late)
        except BaseException as error:
            self._latch.error = f"{type(error).__name__}: {error}"
            self._latch.end(Phase.FAULT, Reason.EXCEPTION)
            raise

    def _forget(self) -> None:
        self._target: PoseTarget | None = None
        self._last: Sent | None = None
        self._newest: ArmState | None = None
        self._missed = 0
        self._since = self._good = self._looked = self._clock.now()

    def _count_miss(self, missed: bool) -> None:
        self._missed = self._missed + 1 if missed else 0
        self.counts["misses"] += missed

    def _wait(self, due: float) -> None:
        """Sleep until a deadline, but for the moments when a target gets too old."""
        while (wake := self._wake_before(due)) is not None:
            self._clock.sleep_until(wake)
            self.tick()
        self._clock.sleep_until(due)

    def _wake_before(self, due: float) -> float | None:
        if self.phase not in (Phase.ACTIVE, Phase.HOLD) or self._target is None:
            return None
        ages = self._timing.hold_after, self._timing.stop_after
        wakes = [self._target.t_sent + age + JUST_AFTER for age in ages]
        return min((t for t in wakes if self._looked < t < due), default=None)

    def _tick(self, late: float) -> Tick:
        begun = self._clock.now()
        if self._asked is not None:
            self.stop(self._asked)
        elif begun - self._good > self._timing.stop_after:
            self._latch.end(Phase.FAULT, Reason.WATCHDOG)
        state, scene, target = self._read(), self._scene(), self._take()
        now, last = self._clock.now(), self._last
        verdict, reason, sent = None, Reason.CALL_FAILED, False
        if state is not None:
            verdict = self._gate.check(state, target, scene, now, last)
            reason, sent = self._act(verdict, now)
        else:
            self._rest()
        ended, self._looked = self._clock.now(), now
        if not any(self._latch.failures.values()) and state is not None:
            self._good = ended
            self._latch.alive()
        times = Times(now, time.time(), late, ended - begun)
        seen = Seen(state, target, scene, last)
        phase, generation = self.phase, self.generation
        made = Tick(times, phase, generation, seen, verdict, sent, reason)
        return self._write(made)

    def _read(self) -> ArmState | None:
        """The arm's newest state: one that is not newer than the last is not taken."""
        state = self._latch.call("read_state", self._latch.arm.read_state)
        known = self._newest
        if not isinstance(state, ArmState):
            return state
        if known is None or state.seq > known.seq:
            self._newest = state
        return self._newest

    def _take(self) -> PoseTarget | None:
        """The latest target of this generation, from after the loop was armed."""
        new = self._source()
        if not isinstance(new, PoseTarget):
            self._target = self._target if new is None else new
        elif new.generation != self.generation or new.t_sent < self._since:
            self.counts["old"] += 1
        elif self._target is None or new.seq > self._target.seq:
            self._target = new
        return self._target

    def _act(self, verdict: Verdict, now: float) -> tuple[Reason, bool]:
        """Follow the verdict: why not, if not, and whether a target was sent."""
        if not self._latch.moving:
            return self.reason, False
        self.counts[verdict.ruling.name.lower()] += 1
        if verdict.ruling == Ruling.STOP:
            fault = verdict.reason in (Reason.ARM_FAULT, Reason.ARM_NOT_READY)
            self._latch.end(Phase.FAULT if fault else Phase.STOPPED, verdict.reason)
            return Reason.NONE, False
        if verdict.target is None:
            self._rest()
            return Reason.NONE, False
        if self._missed >= self._timing.misses:
            self._rest()
            return Reason.MISSES, False
        return self._send(verdict.target, verdict.sent, now)

    def _send(
        self, target: PoseTarget, sent: Sent | None, now: float
    ) -> tuple[Reason, bool]:
        reason = self._latch.send(target, now)
        if reason in (Reason.NONE, Reason.CALL_FAILED):
            self._last = sent  # of a call that failed it is not known if it arrived
        if reason == Reason.NONE:
            self._latch.move_to(Phase.ACTIVE)
            return reason, True
        self._rest()
        return reason, reason == Reason.CALL_FAILED

    def _rest(self) -> None:
        """Go over to a hold; before the first target there is nothing to hold."""
        if self._last is not None:
            self._last = self._last._replace(velocity=(0.0, 0.0, 0.0))
        if self.phase == Phase.ACTIVE:
            self._latch.move_to(Phase.HOLD)
            self._latch.call("hold", self._latch.arm.hold)

    def _write(self, tick: Tick) -> Tick:
        self.counts["ticks"] += 1
        self.late.add(tick.times.late)
        self.took.add(tick.times.took)
        if self._record is not None:
            self._record(tick)
        return tick

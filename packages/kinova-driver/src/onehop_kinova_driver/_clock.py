"""Clocks: the one of the machine, and one that a test turns.

A loop at absolute deadlines t_k = t_0 + k T does not drift, whatever its ticks take:
it asks `sleep_until(t_k)`, never for a length of time. An alarm is the watchdog's: it
goes off at its time even while the loop hangs in a call, on the machine's clock in a
thread of its own, on the virtual one in the middle of whatever lets time pass.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Condition, Thread

__all__ = ["Alarm", "Clock", "MonotonicClock", "VirtualClock"]


class Alarm(ABC):
    """Something that is done once when its time has come, unless that is put off."""

    @abstractmethod
    def set(self, t: float | None) -> None:
        """Let it go off at t [s]; None: not at all."""

    @abstractmethod
    def close(self) -> None:
        """Let it never go off again."""


class Clock(ABC):
    """Tells the time [s] and lets it pass."""

    @abstractmethod
    def now(self) -> float:
        """The time [s], from some beginning on; it never goes back."""

    @abstractmethod
    def sleep_until(self, t: float) -> None:
        """Return at t [s], at once if that is over."""

    @abstractmethod
    def alarm(self, action: Callable[[], None]) -> Alarm:
        """An alarm that does this, not yet set."""


class MonotonicClock(Clock):
    """The machine's: CLOCK_MONOTONIC, the same in all its processes."""

    def now(self) -> float:
        """Seconds since the machine was started."""
        return time.monotonic()

    def sleep_until(self, t: float) -> None:
        """Sleep; a signal that is handled does not end it early."""
        left = t - time.monotonic()
        if left > 0:
            time.sleep(left)

    def alarm(self, action: Callable[[], None]) -> Alarm:
        """One with a thread of its own."""
        return _ThreadAlarm(action)


class _ThreadAlarm(Alarm):
    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._t: float | None = None
        self._open = True
        self._changed = Condition()
        self._thread = Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def set(self, t: float | None) -> None:
        with self._changed:
            # A later time needs no waking: the thread looks again when it wakes.
            sooner = t is not None and (self._t is None or t < self._t)
            self._t = t
            if sooner:
                self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._t = None
            self._changed.notify()

    def _watch(self) -> None:
        while self._due():
            self._action()

    def _due(self) -> bool:
        """Wait for the time; False when there is none to wait for any more."""
        with self._changed:
            while self._open:
                left = None if self._t is None else self._t - time.monotonic()
                if left is not None and left <= 0:
                    self._t = None
                    return True
                self._changed.wait(left)
        return False


class VirtualClock(Clock):
    """One that moves only when told to, and then at once.

    Args:
        t: Its first time [s].
    """

    def __init__(self, t: float = 0.0) -> None:
        self._t = t
        self._alarms: list[_VirtualAlarm] = []

    def now(self) -> float:
        """What it shows [s]."""
        return self._t

    def sleep_until(self, t: float) -> None:
        """Go to t; alarms on the way go off, each at its time."""
        while due := self._next(t):
            self._t = max(self._t, due.t or 0.0)
            due.go_off()
        self._t = max(self._t, t)

    def advance(self, dt: float) -> None:
        """Let dt [s] pass."""
        self.sleep_until(self._t + dt)

    def alarm(self, action: Callable[[], None]) -> Alarm:
        """One that this clock sets off."""
        made = _VirtualAlarm(action)
        self._alarms.append(made)
        return made

    def _next(self, t: float) -> _VirtualAlarm | None:
        due = [a for a in self._alarms if a.t is not None and a.t <= t]
        return min(due, key=lambda a: a.t or 0.0, default=None)


class _VirtualAlarm(Alarm):
    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action
        self.t: float | None = None

    def set(self, t: float | None) -> None:
        self.t = t if self._action else None

    def close(self) -> None:
        self._action = self.t = None

    def go_off(self) -> None:
        self.t = None
        if self._action:
            self._action()

"""An arm with whose calls things go wrong, at times that are set.

A fault is a function of a call: it may make it or not, let time pass, change what comes
back, raise. Those below are what happens to arms; the order of a schedule is that from
the outside to the arm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from ._arm import ArmError, ArmInterface, ArmTimeout
from ._clock import Clock
from ._values import ArmInfo, ArmState, PoseTarget

__all__ = [
    "Call",
    "Fault",
    "FaultyArm",
    "Scheduled",
    "altered",
    "dropped",
    "lost",
    "mute",
    "raising",
    "refusing",
    "reordered",
    "slow",
]


@dataclass(frozen=True)
class Call:
    """A call of the arm.

    Attributes:
        name: "read_state", "command_pose", "hold", "stop", "estop" or "clear_faults".
        make: Makes it.
        clock: The time.
        known: The state that came back last, if any.
    """

    name: str
    make: Callable[[], Any]
    clock: Clock
    known: ArmState | None


Fault: TypeAlias = Callable[[Call], Any]
"""What becomes of a call: it returns what the call does."""


class Scheduled(NamedTuple):
    """A fault from one time to another [s]."""

    start: float
    end: float
    fault: Fault


class FaultyArm(ArmInterface):
    """An arm and what goes wrong with it.

    Args:
        inner: The arm.
        clock: The time.
        schedule: What goes wrong, and when.
    """

    def __init__(
        self, inner: ArmInterface, clock: Clock, schedule: Sequence[Scheduled]
    ) -> None:
        self._inner, self._clock, self._schedule = inner, clock, tuple(schedule)
        self._known: ArmState | None = None

    def connect(self) -> None:
        """Of the arm."""
        self._inner.connect()

    def info(self) -> ArmInfo:
        """Of the arm."""
        return self._inner.info()

    def read_state(self) -> ArmState:
        """Of the arm, or what the faults make of it."""
        state: ArmState = self._through("read_state", self._inner.read_state)
        self._known = state
        return state

    def command_pose(self, target: PoseTarget) -> None:
        """Of the arm, or what the faults make of it."""
        self._through("command_pose", lambda: self._inner.command_pose(target))

    def hold(self) -> None:
        """Of the arm, or what the faults make of it."""
        self._through("hold", self._inner.hold)

    def stop(self, reason: str) -> None:
        """Of the arm, or what the faults make of it."""
        self._through("stop", lambda: self._inner.stop(reason))

    def estop(self) -> None:
        """Of the arm, or what the faults make of it."""
        self._through("estop", self._inner.estop)

    def clear_faults(self) -> None:
        """Of the arm, or what the faults make of it."""
        self._through("clear_faults", self._inner.clear_faults)

    def close(self) -> None:
        """Of the arm."""
        self._inner.close()

    def _through(self, name: str, make: Callable[[], Any]) -> Any:
        now = self._clock.now()
        for start, end, fault in reversed(self._schedule):
            if start <= now < end:
                make = _with(fault, Call(name, make, self._clock, self._known))
        return make()


def _with(fault: Fault, call: Call) -> Callable[[], Any]:
    return lambda: fault(call)


def _on(names: Sequence[str], fault: Fault) -> Fault:
    """The fault, of calls of these names alone; of all if none is named."""

    def chosen(call: Call) -> Any:
        return fault(call) if not names or call.name in names else call.make()

    return chosen


def dropped(call: Call) -> Any:
    """Nothing new arrives: the last state is read again."""
    if call.name == "read_state" and call.known is not None:
        return call.known
    return call.make()


def reordered(call: Call) -> Any:
    """A state arrives with an older number."""
    state = call.make()
    if call.name == "read_state":
        return state._replace(seq=state.seq - 2)
    return state


def altered(**changes: Callable[[Any], Any]) -> Fault:
    """What is read has some of its values changed.

    Args:
        changes: By name, what becomes of it.
    """

    def fault(call: Call) -> Any:
        result = call.make()
        new = {name: change(getattr(result, name)) for name, change in changes.items()}
        return result._replace(**new)

    return _on(["read_state"], fault)


def lost(*names: str) -> Fault:
    """What is asked for does not happen, and nobody says so."""
    return lambda call: None if call.name in names else call.make()


def slow(dt: float, limit: float, *names: str) -> Fault:
    """It happens, but takes dt [s] longer; beyond the limit [s] no one waits for it."""

    def fault(call: Call) -> Any:
        result = call.make()
        call.clock.sleep_until(call.clock.now() + min(dt, limit))
        if dt > limit:
            raise ArmTimeout(f"{call.name} took longer than {limit} s")
        return result

    return _on(names, fault)


def mute(limit: float, *names: str) -> Fault:
    """It does not happen, which is noticed after the limit [s]."""

    def fault(call: Call) -> Any:
        call.clock.sleep_until(call.clock.now() + limit)
        raise ArmTimeout(f"{call.name} took longer than {limit} s")

    return _on(names, fault)


def raising(error: Callable[[], BaseException], *names: str) -> Fault:
    """It does not happen, and that is said at once.

    Args:
        error: Makes what is raised.
        names: Of the calls; all if none is named.
    """

    def fault(call: Call) -> Any:
        raise error()

    return _on(names, fault)


def refusing(code: int, sub: int, *names: str) -> Fault:
    """The arm answers with an error of these numbers."""
    return raising(lambda: ArmError(f"error {code}/{sub}", code, sub), *names)

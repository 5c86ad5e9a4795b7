"""States, targets and ticks as bytes, number for number.

What is there is preceded by 1, what is not by 0. A target or a state that is none (a
string, a tuple too long) is written as 2 and read as `MALFORMED`, on which the gate
says the same; NaN and infinities are numbers like any other.
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError
from typing import Any, NamedTuple

from ._scene import Scene
from ._tick import Phase, Seen, Tick, Times
from ._values import ArmState, PoseTarget
from ._verdict import Reason, Ruling, Sent, Verdict

__all__ = [
    "MALFORMED",
    "STATE_BYTES",
    "TARGET_BYTES",
    "pack_state",
    "pack_target",
    "pack_tick",
    "unpack_state",
    "unpack_target",
    "unpack_tick",
]

_STATE = Struct("<d q 7d 7d 3d 4d 6d ? q d")
_TARGET = Struct("<3d 4d q d d d q")
_SENT = Struct("<d 3d 4d 3d")
_HEAD = Struct("<4d B q ? H")
_VERDICT = Struct("<B H")

STATE_BYTES, TARGET_BYTES = _STATE.size, _TARGET.size


class _Malformed(NamedTuple):
    """What is neither a state nor a target."""


MALFORMED: Any = _Malformed()


def pack_state(s: ArmState) -> bytes:
    """A state as bytes.

    Raises:
        struct.error: if it is none.
    """
    flat = *s.q, *s.dq, *s.pos, *s.quat, *s.twist
    if not isinstance(s.ready, bool):
        raise StructError("ready is no bool")
    return _STATE.pack(s.t, s.seq, *flat, s.ready, s.faults, s.t_arm)


def unpack_state(data: bytes) -> ArmState:
    """The state that bytes say."""
    t, seq, *flat, ready, faults, t_arm = _STATE.unpack(data)
    a, b, c, d, e = (tuple(flat[i:j]) for i, j in _STATE_PARTS)
    return ArmState(t, seq, a, b, c, d, e, ready, faults, t_arm)


_STATE_PARTS = (0, 7), (7, 14), (14, 17), (17, 21), (21, 27)


def pack_target(target: PoseTarget) -> bytes:
    """A target as bytes.

    Raises:
        struct.error: if it is none.
    """
    return _TARGET.pack(*target.pos, *target.quat, *target[2:])


def unpack_target(data: bytes) -> PoseTarget:
    """The target that bytes say."""
    x, y, z, a, b, c, d, *rest = _TARGET.unpack(data)
    return PoseTarget((x, y, z), (a, b, c, d), *rest)


def pack_tick(tick: Tick) -> bytes:
    """A tick, but for its scene, as bytes."""
    head = _HEAD.pack(
        *tick.times, tick.phase, tick.generation, tick.sent, int(tick.reason)
    )
    state = _optional(tick.seen.state, ArmState, pack_state, unpack_state)
    target = _optional(tick.seen.target, PoseTarget, pack_target, unpack_target)
    last = _optional(tick.seen.last, Sent, _pack_sent, _unpack_sent)
    return head + state + target + last + pack_verdict(tick.verdict)


def unpack_tick(data: bytes, scene: Scene) -> Tick:
    """The tick that bytes say; its scene is another record's."""
    now, wall, late, took, phase, generation, sent, reason = _HEAD.unpack_from(data)
    parts = _Parts(data, _HEAD.size)
    state = parts.take(_STATE.size, unpack_state)
    target = parts.take(_TARGET.size, unpack_target)
    last = parts.take(_SENT.size, _unpack_sent)
    verdict = parts.verdict()
    times = Times(now, wall, late, took)
    seen = Seen(state, target, scene, last)
    return Tick(times, Phase(phase), generation, seen, verdict, sent, Reason(reason))


def pack_verdict(verdict: Verdict | None) -> bytes:
    """A verdict as bytes: equal ones are the same verdict, bit for bit."""
    if verdict is None:
        return b"\0"
    target = _optional(verdict.target, PoseTarget, pack_target, unpack_target)
    sent = _optional(verdict.sent, Sent, _pack_sent, _unpack_sent)
    return b"\1" + _VERDICT.pack(verdict.ruling, verdict.reason) + target + sent


def _pack_sent(sent: Sent) -> bytes:
    return _SENT.pack(sent.t, *sent.pos, *sent.quat, *sent.velocity)


def _unpack_sent(data: bytes) -> Sent:
    t, *flat = _SENT.unpack(data)
    x, y, z, a, b, c, d, u, v, w = flat
    return Sent(t, (x, y, z), (a, b, c, d), (u, v, w))


def _optional(value: Any, kind: type, pack: Any, unpack: Any) -> bytes:
    if value is None:
        return b"\0"
    try:
        data: bytes = pack(value)
        same = isinstance(value, kind) and _alike(unpack(data), value)
    except (StructError, TypeError, ValueError, AttributeError, OverflowError):
        same = False
    return b"\1" + data if same else b"\2"


def _alike(a: Any, b: Any) -> bool:
    """Whether two values are of the same shape and of numbers of the same kinds.

    A whole number where a float should be, or a list for a tuple, is another value to
    the gate, though its bytes are the same.
    """
    if isinstance(a, tuple):
        if not isinstance(b, tuple) or len(a) != len(b):
            return False
        return all(_alike(x, y) for x, y in zip(a, b, strict=True))
    return isinstance(b, type(a))


class _Parts:
    """Reads bytes from the front on."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def take(self, size: int, unpack: Any) -> Any:
        there = self.byte()
        if there != 1:
            return MALFORMED if there else None
        self._at += size
        return unpack(self._data[self._at - size : self._at])

    def verdict(self) -> Verdict | None:
        if not self.byte():
            return None
        ruling, reason = _VERDICT.unpack_from(self._data, self._at)
        self._at += _VERDICT.size
        target = self.take(_TARGET.size, unpack_target)
        sent = self.take(_SENT.size, _unpack_sent)
        return Verdict(Ruling(ruling), Reason(reason), target, sent)

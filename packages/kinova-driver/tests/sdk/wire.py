"""Kinova's framing: how a frame lies in a stream, and what its header holds.

Over TCP there stand a magic word (8 bytes), a length (4, big-endian) and a frame; over
UDP the frame alone. A frame is a payload and a header of four numbers of 32 bits:

    frame_info    version (4 bits), kind (4), device (8), error (4), its detail (12)
    message_info  session (16), number (16)
    service_info  version (4), service (12), function (16)
    payload_info  nothing (8), length (24)

How a frame itself becomes bytes is the business of its message.
"""

from typing import NamedTuple

MAGIC = b"\x07xEtRoK\x07"
LENGTH = 4
REQUEST, RESPONSE = 1, 3
PARTS = {
    "frame_info": (
        *(("version", 4), ("kind", 4), ("device", 8)),
        *(("error", 4), ("detail", 12)),
    ),
    "message_info": (("session", 16), ("number", 16)),
    "service_info": (("service_version", 4), ("function", 28)),
    "payload_info": (("nothing", 8), ("length", 24)),
}


class Header(NamedTuple):
    """What the four numbers hold; `function` is service and function, 12 + 16 bits."""

    kind: int
    number: int
    function: int
    length: int = 0
    session: int = 0
    error: int = 0
    detail: int = 0
    device: int = 0
    version: int = 1
    service_version: int = 1
    nothing: int = 0

    def numbers(self) -> dict[str, int]:
        """The four, by the names of a frame's header."""
        return {name: self._packed(name) for name in PARTS}

    @classmethod
    def of(cls, header) -> "Header":
        """What a frame's header holds."""
        found = {}
        for name, parts in PARTS.items():
            left = getattr(header, name)
            for part, bits in reversed(parts):
                left, found[part] = divmod(left, 1 << bits)
        return cls(**found)

    def _packed(self, name: str) -> int:
        made = 0
        for part, bits in PARTS[name]:
            value = getattr(self, part)
            if not 0 <= value < 1 << bits:
                raise OverflowError(f"{part}: expected {bits} bits, got {value}")
            made = made << bits | value
        return made


class Stream:
    """Puts frames together from whatever pieces TCP hands over."""

    def __init__(self) -> None:
        self._left = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now."""
        self._left += data
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def _next(self) -> bytes | None:
        begun = self._left[: len(MAGIC)]
        if not MAGIC.startswith(begun):
            raise ConnectionError(f"expected {MAGIC!r}, got {begun!r}")
        start = len(MAGIC) + LENGTH
        end = start + int.from_bytes(self._left[len(MAGIC) : start], "big")
        if len(self._left) < max(start, end):
            return None
        frame, self._left = self._left[start:end], self._left[end:]
        return frame


def framed(frame: bytes) -> bytes:
    """A frame as TCP carries it."""
    return MAGIC + len(frame).to_bytes(LENGTH, "big") + frame


def packed(frame, header: Header, payload: bytes) -> bytes:
    """A frame, empty so far, with this in it and the payload's length, as bytes."""
    for name, number in header._replace(length=len(payload)).numbers().items():
        setattr(frame.header, name, number)
    frame.payload = payload
    return frame.SerializeToString()

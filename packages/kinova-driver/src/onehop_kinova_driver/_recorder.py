"""The log of a loop: every tick, whole or not there.

The file begins with `MAGIC`; after it stand frames, each

    kind (1 byte), length (4), CRC-32 of kind and payload (4), payload,

one write to the system per frame: what has been written outlives the process, however
it ends (not the machine: that has to be in order until the file is closed). A frame cut
short by the end is as if it had not been. Settings come first, a scene whenever another
one comes, then ticks; notes are JSON of whoever uses the driver.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple
from zlib import crc32

from onehop_interfaces import BadInput, parse_json, read_file, writing

from ._codec import pack_tick, unpack_tick
from ._gate import SafetyGate
from ._gen3 import Gen3
from ._limits import limits_from, limits_to
from ._scene import Scene
from ._tick import Tick

__all__ = ["Log", "Recorder", "read_log"]

MAGIC = b"onehop kinova log 1\n"
SETTINGS, SCENE, TICK, NOTE = range(4)
_FRAME = Struct("<BII")
MOST = 2**31
"""A log is at most that long [bytes]: a day and a half at 20 Hz."""


class Recorder:
    """Writes a log.

    Args:
        path: Its file, which is not there yet.
        gate: Whose verdicts it holds.

    Raises:
        BadInput: if there is such a file, or none can be made.
    """

    def __init__(self, path: Path, gate: SafetyGate) -> None:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
            self._file = os.open(path, flags, 0o666)
        self._scene: Scene | None = None
        self._write(MAGIC)
        arm = {"tool": gate.arm.tool, "tool_radius": gate.arm.tool_radius}
        settings = {"limits": limits_to(gate.limits), "arm": arm}
        self._frame(SETTINGS, json.dumps(settings).encode())

    def __call__(self, tick: Tick) -> None:
        """Write a tick."""
        if tick.seen.scene is not self._scene:
            self._scene = tick.seen.scene
            self._frame(SCENE, tick.seen.scene.to_json().encode())
        self._frame(TICK, pack_tick(tick))

    def note(self, values: dict[str, Any]) -> None:
        """Write what else there is to say, such as scores of candidates."""
        self._frame(NOTE, json.dumps(values).encode())

    def close(self) -> None:
        """See to it that the log is on the disk."""
        os.fsync(self._file)
        os.close(self._file)

    def _frame(self, kind: int, payload: bytes) -> None:
        crc = crc32(payload, kind)
        self._write(_FRAME.pack(kind, len(payload), crc) + payload)

    def _write(self, data: bytes) -> None:
        os.write(self._file, data)


class Log(NamedTuple):
    """What a log holds.

    Attributes:
        gate: The gate, made anew from its settings.
        ticks: In order.
        notes: Also.
        whole: Whether the file ends where a frame does.
    """

    gate: SafetyGate
    ticks: list[Tick]
    notes: list[dict[str, Any]]
    whole: bool


def read_log(path: Path) -> Log:
    """What a log holds, as far as it goes.

    Raises:
        BadInput: if the file is no log.
    """
    data = read_file(path, MOST)
    if not data.startswith(MAGIC):
        raise BadInput(f"{path}: expected a log of a kinova driver, got another file")
    gate, scene, ticks, notes, end = None, Scene(), [], [], len(MAGIC)
    for kind, payload, after in _frames(data):
        end = after
        if kind == SETTINGS:
            gate = _gate(payload)
        elif kind == SCENE:
            scene = Scene.from_json(payload)
        elif kind == TICK:
            ticks.append(unpack_tick(payload, scene))
        elif kind == NOTE:
            notes.append(parse_json(payload, str(path)))
    if gate is None:
        raise BadInput(f"{path}: expected settings in the log, found none")
    return Log(gate, ticks, notes, end == len(data))


def _frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The whole frames from the front on: kind, payload and where each ends."""
    at = len(MAGIC)
    while at + _FRAME.size <= len(data):
        kind, length, crc = _FRAME.unpack_from(data, at)
        start = at + _FRAME.size
        payload = data[start : start + length]
        if len(payload) < length or crc32(payload, kind) != crc:
            return
        at = start + length
        yield kind, payload, at


def _gate(payload: bytes) -> SafetyGate:
    value = parse_json(payload, "settings of the log")
    x, y, z = value["arm"]["tool"]
    arm = Gen3((x, y, z), value["arm"]["tool_radius"])
    return SafetyGate(limits_from(value["limits"]), arm)

"""A kit for where there is no SDK: its messages, and a small client of the same shape.

Messages are JSON and a frame is its header's four numbers and the payload: what lies in
a frame is of no importance to the framing.
"""

import json
import socket
import struct
import threading
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from types import SimpleNamespace

from onehop_kinova_driver._kortex_sdk import Sdk

from .answers import ANSWERS, READY
from .loopback import Kit
from .wire import PARTS, REQUEST, Header, Stream, framed, packed

CALLS = (
    *("CreateSession", "CloseSession", *ANSWERS, "ExecuteAction", "SendTwistCommand"),
    *("Stop", "ApplyEmergencyStop", "ClearFaults"),
)
NAMES = dict(enumerate(CALLS, 0x20001))
NUMBERS = {name: number for number, name in NAMES.items()}


class Message:
    """Has whatever is asked of it, as those of protobuf have their fields."""

    def __init__(self, rows=(), **fields) -> None:
        vars(self).update(fields, rows=list(rows))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, made := Message())
        return made

    def __iter__(self):
        return iter(self.rows)

    def add(self) -> "Message":
        self.rows.append(made := Message())
        return made

    def SerializeToString(self) -> bytes:
        return json.dumps(self, default=vars).encode()

    def ParseFromString(self, data: bytes) -> None:
        if data:
            made = json.loads(data, object_hook=lambda fields: Message(**fields))
            vars(self).update(vars(made))


class Frame:
    """A frame."""

    LAYOUT = struct.Struct("<4I")

    def __init__(self) -> None:
        self.header, self.payload = SimpleNamespace(**dict.fromkeys(PARTS, 0)), b""

    def SerializeToString(self) -> bytes:
        numbers = (getattr(self.header, name) for name in PARTS)
        return self.LAYOUT.pack(*numbers) + self.payload

    def ParseFromString(self, data: bytes) -> None:
        numbers = self.LAYOUT.unpack_from(data)
        self.header = SimpleNamespace(**dict(zip(PARTS, numbers, strict=True)))
        self.payload = data[self.LAYOUT.size :]


class ServerError(Exception):
    """What the server refuses."""

    def __init__(self, code: int, detail: int) -> None:
        super().__init__(f"refused with {code}, {detail}")
        self.get_error_code, self.get_error_sub_code = lambda: code, lambda: detail


class Transport:
    """A socket, and a thread that reads from it.

    Args:
        kind: Of the socket.
        pack: A frame as it is sent.
        pieces: Makes what finds frames in what is read.
    """

    def __init__(self, kind, pack, pieces) -> None:
        self._socket = socket.socket(socket.AF_INET, kind)
        self._pack, self._pieces = pack, pieces
        self.on_frame = None

    def connect(self, address: str, port: int) -> None:
        try:
            self._socket.connect((address, port))
        except OSError:
            self._socket.close()  # as the SDK does
            raise
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def disconnect(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def send(self, frame: bytes) -> None:
        self._socket.sendall(self._pack(frame))

    def _read(self) -> None:
        found = self._pieces()
        with suppress(OSError):
            while data := self._socket.recv(1 << 16):
                for frame in found(data):
                    self.on_frame(frame)


class Router:
    """Calls, and to each its answer."""

    def __init__(self, transport: Transport, on_error) -> None:
        self._transport, self._numbers, self._waiting = transport, count(1), {}
        transport.on_frame = self._take

    def call(self, name: str, payload: bytes, options) -> bytes:
        number, answer = next(self._numbers), Future()
        self._waiting[number] = answer
        header = Header(REQUEST, number, NUMBERS[name])
        self._transport.send(packed(Frame(), header, payload))
        return answer.result(options.timeout_ms / 1e3)

    def _take(self, data: bytes) -> None:
        frame = Frame()
        frame.ParseFromString(data)
        header = Header.of(frame.header)
        if header.error:
            error = ServerError(header.error, header.detail)
            self._waiting[header.number].set_exception(error)
        else:
            self._waiting[header.number].set_result(frame.payload)


class Client:
    """Any of the SDK's: its methods are the calls."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def __getattr__(self, name):
        def call(message=None, options=None):
            made, payload = Message(), b""
            if message is not None:
                payload = message.SerializeToString()
            made.ParseFromString(self._router.call(name, payload, options))
            return made

        return call


class Session(Client):
    """That of a router."""

    def CloseSession(self, options) -> None:
        self._router.call("CloseSession", b"", options)


def tcp() -> Transport:
    return Transport(socket.SOCK_STREAM, framed, lambda: Stream().feed)


def udp() -> Transport:
    return Transport(socket.SOCK_DGRAM, bytes, lambda: lambda data: [data])


def sdk() -> Sdk:
    messages = SimpleNamespace(
        Action=Message, TwistCommand=Message, CARTESIAN_REFERENCE_FRAME_BASE=3
    )
    return Sdk(
        *(tcp, udp, Router, SimpleNamespace, Session, Message),
        *(Client, Client, Client, Client),
        *(messages, frozenset({READY}), (ServerError,)),
    )


def answer(name: str) -> bytes:
    made = Message()
    ANSWERS.get(name, lambda message: None)(made)
    return made.SerializeToString()


def read(name: str, payload: bytes) -> Message:
    made = Message()
    made.ParseFromString(payload)
    return made


def kit() -> Kit:
    return Kit(sdk, Frame, NAMES, answer, lambda code, detail: b"", read)

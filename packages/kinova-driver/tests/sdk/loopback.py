"""What an arm does on the wire, on this machine: TCP for commands, UDP for feedback.

How it answers is `mode`: ok, mute, fault(...) or close. Frames and messages are those
of a kit: the SDK's, or stand-ins.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from .wire import RESPONSE, Header, Stream, framed, packed


class Kit(NamedTuple):
    """What a server and a client are made of.

    Attributes:
        sdk: Loads what `KortexArm` uses.
        frame: Makes an empty frame.
        names: Of the calls, by their numbers.
        answer: What is answered to a call of this name, as bytes.
        refusal: What goes with an error's code and its detail, as bytes.
        read: The message that came with a call of this name.
    """

    sdk: Callable[[], Any]
    frame: Callable[[], Any]
    names: dict[int, str]
    answer: Callable[[str], bytes]
    refusal: Callable[[int, int], bytes]
    read: Callable[[str, bytes], Any]


def ok(kit, asked, name):
    """Answers."""
    return Header(RESPONSE, asked.number, asked.function), kit.answer(name)


def mute(kit, asked, name):
    """Says nothing."""


def fault(code, detail):
    """Refuses with an error."""

    def refuse(kit, asked, name):
        made = Header(RESPONSE, asked.number, asked.function, error=code, detail=detail)
        return made, kit.refusal(code, detail)

    return refuse


def close(kit, asked, name):
    """Hangs up."""
    raise ConnectionError


class Loopback:
    """The server.

    Attributes:
        asked: The calls: name, message as bytes, and by what it came.
    """

    def __init__(self, kit: Kit) -> None:
        self.kit, self.mode, self.asked = kit, ok, []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.tcp, self.udp = (s.getsockname()[1] for s in (self._tcp, self._udp))
        self._open = [self._tcp, self._udp]
        self._threads = []
        self._begin(self._accept)
        self._begin(self._exchange)

    def calls(self) -> list[tuple[str, str]]:
        """Name and way of each call but those that a client makes by itself."""
        return [(name, way) for name, _, way in self.asked if name != "KeepAlive"]

    def message(self, name: str):
        """The latest of a call."""
        found = [payload for asked, payload, _ in self.asked if asked == name]
        return self.kit.read(name, found[-1])

    def close(self) -> None:
        """Hang up, and end."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)

    def _begin(self, do, *args) -> None:
        self._threads.append(threading.Thread(target=do, args=args, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._tcp.accept()
                self._open.append(peer)
                self._begin(self._talk, peer)

    def _talk(self, peer: socket.socket) -> None:
        stream = Stream()
        with suppress(OSError), peer:
            while data := peer.recv(1 << 16):
                for frame in stream.feed(data):
                    if (reply := self._reply(frame, "tcp")) is not None:
                        peer.sendall(framed(reply))

    def _exchange(self) -> None:
        with suppress(OSError):
            while True:
                frame, sender = self._udp.recvfrom(1 << 16)
                if not frame:  # it is being closed
                    return
                with suppress(ConnectionError):
                    if (reply := self._reply(frame, "udp")) is not None:
                        self._udp.sendto(reply, sender)

    def _reply(self, data: bytes, way: str) -> bytes | None:
        frame = self.kit.frame()
        frame.ParseFromString(data)
        asked = Header.of(frame.header)
        name = self.kit.names[asked.function]
        self.asked.append((name, bytes(frame.payload), way))
        reply = self.mode(self.kit, asked, name)
        return None if reply is None else packed(self.kit.frame(), *reply)

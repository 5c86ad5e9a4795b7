"""The framing, against bytes put together by hand."""

import socket
from types import SimpleNamespace

import pytest

from .loopback import Loopback, fault
from .standin import NUMBERS, kit
from .wire import REQUEST, RESPONSE, Header, Stream, framed, packed

HELLO = b"\x07xEtRoK\x07\x00\x00\x00\x05hello"
NUMBERS_OF_STOP = {  # request 772 of session 258: service 2, function 112, 5 bytes
    "frame_info": 0x1100_0000,
    "message_info": 0x0102_0304,
    "service_info": 0x1002_0070,
    "payload_info": 0x0000_0005,
}
STOP = Header(REQUEST, 0x0304, 0x2_0070, 5, session=0x0102)


def test_a_frame_has_a_word_and_its_length_before_it():
    assert framed(b"hello") == HELLO
    assert framed(b"") == HELLO[:8] + bytes(4)
    assert framed(bytes(0x010203))[8:12] == b"\x00\x01\x02\x03"


@pytest.mark.parametrize("size", [*range(1, 18), 100])
def test_frames_come_together_from_pieces_of_any_size(size):
    data = HELLO + framed(b"") + framed(HELLO) + framed(bytes(range(256)))
    stream, found = Stream(), []
    for start in range(0, len(data), size):
        found += stream.feed(data[start : start + size])
    assert found == [b"hello", b"", HELLO, bytes(range(256))]


def test_a_frame_is_not_there_before_its_last_byte():
    stream = Stream()
    assert [stream.feed(HELLO[i : i + 1]) for i in range(16)] == [[]] * 16
    assert stream.feed(HELLO[16:] + HELLO[:3]) == [b"hello"]
    assert stream.feed(HELLO[3:]) == [b"hello"]


@pytest.mark.parametrize("data", [b"x", b"\x07xEtRoK\x08", HELLO + b"xEtRoK"])
def test_another_word_is_an_error(data):
    with pytest.raises(ConnectionError, match="expected"):
        Stream().feed(data)


def test_a_header_is_four_numbers():
    assert STOP.numbers() == NUMBERS_OF_STOP
    assert Header.of(SimpleNamespace(**NUMBERS_OF_STOP)) == STOP
    refused = Header(RESPONSE, 1, 0x2_0070, error=3, detail=18, device=5)
    assert refused.numbers()["frame_info"] == 0x1305_3012


@pytest.mark.parametrize("part", Header._fields)
def test_a_part_takes_its_own_bits_and_no_more(part):
    empty = Header(*[0] * len(Header._fields))
    most = max(
        value
        for value in (0xF, 0xFF, 0xFFF, 0xFFFF, 0xFF_FFFF, 0xFFF_FFFF)
        if fits(empty._replace(**{part: value}))
    )
    full = empty._replace(**{part: most})
    assert Header.of(SimpleNamespace(**full.numbers())) == full
    bits = sum(bin(number).count("1") for number in full.numbers().values())
    assert 1 << bits == most + 1
    with pytest.raises(OverflowError, match=part):
        empty._replace(**{part: most + 1}).numbers()


def fits(header: Header) -> bool:
    try:
        header.numbers()
    except OverflowError:
        return False
    return True


def test_all_parts_together_fill_the_four_numbers():
    full = Header(0xF, 0xFFFF, 0xFFF_FFFF, 0xFF_FFFF, 0xFFFF, 0xF, 0xFFF, 0xFF, 0xF)
    full = full._replace(service_version=0xF, nothing=0xFF)
    assert set(full.numbers().values()) == {0xFFFF_FFFF}


@pytest.fixture
def server():
    made = Loopback(kit())
    yield made
    made.close()


def asked(number: int) -> bytes:
    """A call of Stop as the stand-in's client sends it."""
    made = kit().frame()
    return framed(packed(made, Header(REQUEST, number, NUMBERS["Stop"]), b""))


def replied(peer: socket.socket, n: int) -> list[Header]:
    """The headers of the next frames."""
    stream, found = Stream(), []
    while len(found) < n:
        found += stream.feed(peer.recv(1 << 16))
    made = []
    for data in found:
        frame = kit().frame()
        frame.ParseFromString(data)
        made.append(Header.of(frame.header))
    return made


def test_the_server_answers_what_comes_in_pieces_and_at_once(server):
    with socket.create_connection(("127.0.0.1", server.tcp), 10) as peer:
        for byte in asked(7):
            peer.sendall(bytes([byte]))
        assert [header.number for header in replied(peer, 1)] == [7]
        peer.sendall(asked(8) + asked(9) + asked(10)[:5])
        assert [header.number for header in replied(peer, 2)] == [8, 9]
        server.mode = fault(3, 18)
        peer.sendall(asked(10)[5:])
        (refused,) = replied(peer, 1)
    assert (refused.number, refused.error, refused.detail) == (10, 3, 18)
    assert server.calls() == [("Stop", "tcp")] * 4


def test_the_server_hangs_up_on_anything_else(server):
    with socket.create_connection(("127.0.0.1", server.tcp), 10) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert peer.recv(1 << 16) == b""

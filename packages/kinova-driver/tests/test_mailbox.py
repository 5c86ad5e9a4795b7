"""The mailbox: the latest whole message, whatever becomes of its writer."""

import subprocess
import sys
import textwrap

import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    DriverBoard,
    Mailbox,
    Phase,
    PolicyBoard,
    Reason,
    Scene,
    Seen,
    Tick,
    Times,
    VirtualClock,
)


def test_the_latest_is_read(tmp_path):
    box = Mailbox.make(tmp_path / "box", 3)
    other = Mailbox(tmp_path / "box", 3)
    assert other.read() is None
    for i, message in enumerate((b"one", b"two", b"six")):
        box.write(message)
        assert other.read() == (i + 1, message)
    assert other.read() == (3, b"six")


def test_a_writer_that_comes_anew_goes_on(tmp_path):
    Mailbox.make(tmp_path / "box", 3).write(b"one")
    box = Mailbox(tmp_path / "box", 3)
    box.write(b"two")
    assert box.read() == (2, b"two")


def test_a_message_half_written_is_as_if_it_had_not_been(tmp_path):
    box = Mailbox.make(tmp_path / "box", 40)
    box.write(b"a" * 40)
    box.write(b"b" * 40)
    good = box._map[:]
    box.write(b"c" * 40)
    new = box._map[:]
    slot = len(good) // 2
    for cut in range(slot + 1):
        box._map[slot:] = new[slot : slot + cut] + good[slot + cut :]
        n, message = box.read()
        assert (n, message) in {(2, b"b" * 40), (3, b"c" * 40)}
        assert (n == 3) == (box._map[:] == new)


def test_only_messages_and_files_of_the_length_are_taken(tmp_path):
    box = Mailbox.make(tmp_path / "box", 3)
    with pytest.raises(ValueError, match="expected 3 bytes"):
        box.write(b"four")
    with pytest.raises(BadInput, match="mailbox of 4 bytes"):
        Mailbox(tmp_path / "box", 4)
    with pytest.raises(BadInput, match="expected a file"):
        Mailbox(tmp_path / "none", 3)


def test_a_reader_never_sees_a_mixture(tmp_path):
    """Another process writes as fast as it can, messages of one letter each."""
    box = Mailbox.make(tmp_path / "box", 200)
    program = f"""
        from pathlib import Path
        from onehop_kinova_driver import Mailbox
        box = Mailbox(Path({str(tmp_path / "box")!r}), 200)
        for i in range(100_000):
            box.write(bytes([i % 251]) * 200)
    """
    writer = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)])
    last, reads = 0, 0
    while writer.poll() is None:
        found = box.read()
        if found is None:
            continue
        n, message = found
        assert n >= last
        assert message == bytes([(n - 1) % 251]) * 200
        reads += n > last
        last = n
    assert writer.returncode == 0
    assert box.read()[0] == 100_000
    assert reads > 10


def tick(state, generation=7) -> Tick:
    times = Times(100.0, 0.0, 0.0, 0.0)
    seen = Seen(state, None, Scene(), None)
    return Tick(times, Phase.ACTIVE, generation, seen, None, False, Reason.NONE)


def test_the_board_carries_both_ways(tmp_path, state_at):
    clock = VirtualClock(100.0)
    driver = DriverBoard(tmp_path / "board")
    policy = PolicyBoard(tmp_path / "board", clock)
    assert policy.seen() is None
    assert driver.target() is None
    state = state_at()
    driver.publish(tick(state))
    seen = policy.seen()
    assert (seen.state, seen.phase, seen.generation) == (state, Phase.ACTIVE, 7)
    clock.advance(0.01)
    sent = policy.send((0.4, 0.1, 0.3), state.quat, seen)
    assert driver.target() == sent
    assert sent.generation == 7
    assert (sent.t_obs, sent.t_sent) == (state.t, 100.01)
    again = PolicyBoard(tmp_path / "board", clock)
    assert again.send((0.4, 0.1, 0.3), state.quat, seen).seq == sent.seq + 1


def test_what_is_no_state_is_not_published(tmp_path, state_at):
    driver = DriverBoard(tmp_path / "board")
    policy = PolicyBoard(tmp_path / "board", VirtualClock())
    for bad in (None, "state", state_at(q=(0.0,) * 7)._replace(q=(0.0,))):
        driver.publish(tick(bad))
        assert policy.seen() is None


def test_a_policy_needs_a_driver(tmp_path):
    with pytest.raises(BadInput, match="expected a file"):
        PolicyBoard(tmp_path, VirtualClock())

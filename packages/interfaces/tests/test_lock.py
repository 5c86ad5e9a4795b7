"""Locks between real processes."""

import os
import subprocess
import sys

import pytest

from onehop_interfaces import BadInput, locked

HOLD = """
import sys, time
from pathlib import Path
from onehop_interfaces import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(100)
"""
# Lets a child inherit the lock, then ends by a kill, as it were.
LEAVE = """
import os, subprocess, sys
from pathlib import Path
from onehop_interfaces import locked
with locked(Path(sys.argv[1])) as held:
    wait = [sys.executable, "-c", f"import time; time.sleep({sys.argv[2]})"]
    subprocess.Popen(wait, pass_fds=held, stdout=subprocess.DEVNULL)
    print("held", flush=True)
    os._exit(9)
"""


def start(text, *words):
    command = [sys.executable, "-c", text, *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_is_refused_and_the_first_is_named(tmp_path):
    first = start(HOLD, tmp_path)
    try:
        with pytest.raises(BadInput, match=f"found process {first.pid}$"):
            locked(tmp_path).__enter__()
    finally:
        first.kill()
        first.communicate()
    with locked(tmp_path):  # a kill lets go at once
        assert (tmp_path / ".lock").read_text() == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_children_of_the_dead_are_waited_for(tmp_path):
    start(LEAVE, tmp_path, 0.5).communicate()
    with locked(tmp_path):
        pass


def test_but_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("onehop_interfaces._lock.PATIENCE", 0.1)
    start(LEAVE, tmp_path, 2).communicate()
    with pytest.raises(BadInput, match="expected no other process"):
        locked(tmp_path).__enter__()


def test_an_empty_folder_made_for_it_goes_again(tmp_path):
    with locked(tmp_path / "a"):
        pass
    assert not (tmp_path / "a").exists()
    with locked(tmp_path / "a"):
        (tmp_path / "a" / "result").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["result"]


def test_without_locks_it_is_harmless(tmp_path, monkeypatch):
    monkeypatch.setattr("onehop_interfaces._lock.fcntl", None)
    with locked(tmp_path) as held, locked(tmp_path):
        assert held == ()


@pytest.mark.parametrize("name", ["file", "file/under"])
def test_what_is_no_folder_is_the_systems_error(name, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"exists|directory"):
        locked(tmp_path / name).__enter__()

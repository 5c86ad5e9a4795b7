"""Cells end with the comparison, whatever ends it; real processes, real signals."""

import os
import signal
import subprocess
import sys
import time

import pytest

from onehop_compare import Cell
from onehop_compare._schedule import locally
from onehop_interfaces import locked

# A comparison of two cells that would each take a minute and tell their numbers.
CELL = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""
PARENT = """
import sys
from pathlib import Path
from onehop_compare import Cell
from onehop_compare.__main__ import _terminated_as_interrupted
from onehop_compare._schedule import locally, schedule
from onehop_interfaces import exit_on_bad_input, locked
out = Path(sys.argv[1])
cells = [Cell(n, ("cell", str(out / n)), out / "cells") for n in ("a", "b")]
try:
    with _terminated_as_interrupted(), exit_on_bad_input("compare"):
        with locked(out) as held, locally(2, held) as submit:
            schedule(cells, submit, lambda done, under_way: None)
except KeyboardInterrupt:
    sys.exit("interrupted")
"""


@pytest.fixture
def start(tmp_path):
    """The comparison begun, and the numbers of its cells."""
    (tmp_path / "cell.py").write_text(CELL)
    out = tmp_path / "out"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(out)],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )
    files = [out / name for name in ("a", "b")]
    wait_for(lambda: all(file.exists() and file.read_text() for file in files), 120)
    yield parent, [int(file.read_text()) for file in files], out
    parent.kill()
    parent.communicate()


def wait_for(true, seconds):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(number: int) -> bool:
    """Whether the process runs; one that ended and was not waited for does not."""
    try:
        os.kill(number, 0)
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_no_cell_outlives_the_comparison(start, how):
    parent, children, out = start
    assert all(map(lives, children))
    parent.send_signal(getattr(signal, how))
    _, error = parent.communicate(timeout=60)
    wait_for(lambda: not any(map(lives, children)), 5)
    if how != "SIGKILL":
        assert error == "interrupted\n"
    # Nothing lives that could write there, and the folder can be had at once.
    with locked(out):
        assert not list((out / "cells").glob("*.json"))


def test_a_second_comparison_in_the_folder_is_refused(start):
    parent, _, out = start
    second = subprocess.run(
        [sys.executable, "-c", PARENT, str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 2
    expected = f"expected no other process at work here, found process {parent.pid}"
    assert second.stderr == f"compare: {out}: {expected}\n"
    assert parent.poll() is None


def test_cells_are_run_as_by_m(tmp_path):
    """The same arguments, the same place to import from, the same status."""
    cell = Cell("a", ("json.tool", "--help"), tmp_path)
    with locally(1) as submit:
        assert submit(cell).result() > 0
    assert cell.log.read_text().startswith("usage: ")

import json
import os
import sys
from types import SimpleNamespace

import pytest

from onehop_compare import Cell, carry_out, carry_out_here
from onehop_interfaces import BadInput


@pytest.fixture
def cell(tmp_path):
    """Writes its arguments, and counts how often it ran, by way of Python's own -m."""
    return Cell("a/b", ("platform", "--terse"), tmp_path)


@pytest.fixture
def lifeline():
    reading, writing = os.pipe()
    yield reading
    os.close(writing)
    os.close(reading)


def test_a_cell_that_ended_well_is_done(cell, lifeline):
    assert cell.took() is None
    seconds = carry_out(cell, lifeline)
    assert 0 < seconds == cell.took()
    assert json.loads(cell.note.read_text())["words"] == ["platform", "--terse"]
    assert cell.log.read_text().strip()


def test_a_cell_says_how_much_memory_it_had(tmp_path, lifeline):
    """Its own, whatever this process has; what it let go of counts."""
    here = b"a" * 400_000_000
    for size in (200_000_000, 1):
        words = ("timeit", "-n", "1", "-r", "1", f"b'a' * {size}")
        cell = Cell(f"a{size}", words, tmp_path)
        carry_out(cell, lifeline)
        had = json.loads(cell.note.read_text())["peak_bytes"]
        assert size <= had < size + 100_000_000 < len(here)


def test_a_failed_cell_is_not_done_and_says_why(tmp_path, lifeline):
    cell = Cell("a/b", ("json.tool", str(tmp_path / "nothing")), tmp_path)
    with pytest.raises(BadInput, match=r"a/b: .* status [12].*nothing"):
        carry_out(cell, lifeline)
    assert cell.took() is None


def test_another_command_of_the_same_name_is_refused(cell, tmp_path, lifeline):
    carry_out(cell, lifeline)
    other = Cell("a/b", ("platform", "--other"), tmp_path)
    with pytest.raises(BadInput, match="of other settings"):
        other.took()


def test_what_was_begun_is_told_to_go_on(tmp_path, lifeline):
    begun = tmp_path / "begun"
    # `compileall` refuses words that it does not know, and names them.
    cell = Cell("a", ("compileall", "--no"), tmp_path, begun=begun)
    for expected in (False, True):
        with pytest.raises(BadInput):
            carry_out(cell, lifeline)
        assert ("--resume" in cell.log.read_text()) == expected
        begun.touch()


def test_a_cell_can_be_carried_out_here(tmp_path, monkeypatch):
    came = []
    module = SimpleNamespace(main=came.append)
    monkeypatch.setitem(sys.modules, "here.__main__", module)
    begun = tmp_path / "begun"
    cell = Cell("train", ("here", "--steps", "2"), tmp_path, begun=begun)
    assert carry_out_here(cell) == cell.took()
    begun.touch()
    carry_out_here(cell)
    assert came == [["--steps", "2"], ["--steps", "2", "--resume"]]


def test_a_cell_is_given_its_threads(tmp_path, lifeline):
    told = "import os; print(os.environ['OMP_NUM_THREADS'])"
    words = ("timeit", "-n", "1", "-r", "1", told)
    cell = Cell("a", words, tmp_path, threads=3)
    carry_out(cell, lifeline)
    assert cell.log.read_text().split()[0] == "3"

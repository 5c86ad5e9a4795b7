import json
import os

import pytest

from onehop_compare import Cell, carry_out
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
    assert not cell.done()
    assert carry_out(cell, lifeline) > 0
    assert cell.done()
    assert json.loads(cell.note.read_text())["words"] == ["platform", "--terse"]
    assert cell.log.read_text().strip()


def test_a_failed_cell_is_not_done_and_says_why(tmp_path, lifeline):
    cell = Cell("a/b", ("json.tool", str(tmp_path / "nothing")), tmp_path)
    with pytest.raises(BadInput, match=r"a/b: .* status [12].*nothing"):
        carry_out(cell, lifeline)
    assert not cell.done()


def test_another_command_of_the_same_name_is_refused(cell, tmp_path, lifeline):
    carry_out(cell, lifeline)
    other = Cell("a/b", ("platform", "--other"), tmp_path)
    with pytest.raises(BadInput, match="of other settings"):
        other.done()


def test_what_was_begun_is_told_to_go_on(tmp_path, lifeline):
    begun = tmp_path / "begun"
    # `compileall` refuses words that it does not know, and names them.
    cell = Cell("a", ("compileall", "--no"), tmp_path, begun=begun)
    for expected in (False, True):
        with pytest.raises(BadInput):
            carry_out(cell, lifeline)
        assert ("--resume" in cell.log.read_text()) == expected
        begun.touch()

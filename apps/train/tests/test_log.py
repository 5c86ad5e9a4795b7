"""The log: means over an interval, and a file that reads as if never stopped."""

import json

import pytest

from onehop_train._log import Log


@pytest.fixture
def lines(tmp_path):
    """What the log holds, line by line."""
    return lambda: list(
        map(json.loads, (tmp_path / "log.jsonl").read_text().split("\n")[:-1])
    )


def write(folder, first: int, last: int) -> None:
    """Steps whose loss is their number, averaged over every three."""
    log = Log(folder, first, every=3)
    for step in range(first + 1, last + 1):
        log.add(step, {"loss": float(step)})
    log.close()


def test_a_line_is_the_mean_of_its_interval(tmp_path, lines):
    write(tmp_path, 0, 7)
    found = [(line["step"], line["loss"]) for line in lines()]
    assert found == [(3, (1 + 2 + 3) / 3), (6, (4 + 5 + 6) / 3)]
    assert all(line["steps_per_second"] > 0 for line in lines())


def test_what_was_written_after_the_state_is_dropped(tmp_path, lines):
    """A run that had written step 6 goes on from step 3, its last line cut short."""
    write(tmp_path, 0, 6)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 9, "lo')
    write(tmp_path, 3, 9)
    assert [line["step"] for line in lines()] == [3, 6, 9]

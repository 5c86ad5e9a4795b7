"""Lines: what seeds, starts and the teacher's ways make of rows, by hand."""

import numpy as np
import pytest
import torch
from rich.console import Console

from onehop_compare._line import Line, lines_of
from onehop_compare._table import achievement, terminal
from onehop_evaluate import (
    Cost,
    Entry,
    Latency,
    Measured,
    Modes,
    Rollouts,
    markdown,
)
from onehop_evaluate._row import rows_of
from onehop_interfaces import Signature


class Policy(torch.nn.Module):
    """One that is never asked."""

    def __init__(self, nfe: int) -> None:
        super().__init__()
        self.nfe = nfe
        self.signature = Signature({"state": (4,)}, 1, 2, 1, 2)


def measured(name, maxima, spread=1.0, nfe=1, seconds=None) -> Measured:
    """Episodes of these maxima; more than .95 is a success."""
    metric = np.array([[m / 2, m] for m in maxima])
    agent = np.zeros((len(maxima), 3, 2), np.float32)
    rollouts = Rollouts(metric, agent, np.ones(len(maxima), int), 0.95)
    latency = Latency(np.full(10, 1e-3 * nfe), 1)
    costs = {"seconds": seconds, "teacher_evaluations": 10 * (seconds or 0)}
    notes = {} if seconds is None else {"metrics": costs}
    policy = Policy(nfe)
    entry = Entry(name, policy, policy, seconds is not None, name, notes)
    return Measured(entry, rollouts, latency, latency, Cost(1234, 5_600_000), spread)


def all_lines(modes: Modes | None = None) -> dict[str, Line]:
    """Success .75, .5 and .25 of the teacher, .25 and .75 of A's seeds, 1 of B's."""
    found = [
        measured("DDPM-100", [1, 1, 1, 0.5], spread=4.0, nfe=100),
        measured("DDIM-10", [1, 1, 0.5, 0.5], nfe=10),
        measured("DDIM-1", [1, 0.5, 0.5, 0.5]),
        measured("A 0", [1, 0.1, 0.1, 0.1], spread=1.0, seconds=10.0),
        measured("A 1", [1, 1, 1, 0.2], spread=3.0, seconds=30.0),
        measured("B 0", [1, 1, 1, 1], seconds=1.0),
        measured("B 1", [1, 1, 1, 1], seconds=1.0),
    ]
    rows = rows_of(found, modes)
    return {line.title: line for line in lines_of(rows, ["A", "B"], 2)}


@pytest.fixture
def lines() -> dict[str, Line]:
    return all_lines()


def test_seeds_of_a_method_stand_together(lines):
    assert list(lines) == ["DDPM-100", "DDIM-10", "DDIM-1", "A", "B"]
    assert [row.name for row in lines["A"].rows] == ["A 0", "A 1"]
    assert [line.student for line in lines.values()] == 3 * [False] + 2 * [True]


def test_values_are_means_over_seeds_and_starts(lines):
    a = lines["A"]
    assert a.success.value == pytest.approx(0.5)
    assert a.success_of_seeds == (0.25, 0.75)
    assert a.maximum.value == pytest.approx((1.3 + 3.2) / 8)
    assert a.mean.value == pytest.approx(0.75 * a.maximum.value)
    assert a.spread == pytest.approx(2.0 / 4.0)
    assert (a.seconds, a.teacher_evaluations) == (20.0, 200.0)
    assert lines["DDIM-1"].seconds is None


def test_differences_are_to_ten_steps_and_to_one(lines):
    assert lines["A"].success_to_ten.value == pytest.approx(0.0)
    assert lines["A"].success_to_one.value == pytest.approx(0.25)
    assert lines["DDPM-100"].success_to_ten.value == pytest.approx(0.25)
    assert lines["B"].maximum_to_one.value == pytest.approx(1 - 2.5 / 4)
    assert lines["DDIM-10"].success_to_ten is lines["DDIM-1"].success_to_one is None


def test_one_seed_has_wilson_s_interval(lines):
    """3 of 4: .301 to .954 (Wilson), where the bootstrap has another."""
    success = lines["DDPM-100"].success
    assert success[1:] == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_markdown_tells_how_far_seeds_differ(lines):
    """Where there are several: the least and the greatest success among them."""
    table = markdown(achievement("coverage", False, 2), list(lines.values()))
    (a,) = (line for line in table.splitlines() if line.startswith("| A | 1 |"))
    assert " | 0.250 to 0.750 | " in a
    assert "seeds" not in markdown(achievement("coverage", False, 1), [lines["B"]])


@pytest.mark.parametrize("modes", [None, Modes(24, lambda path: 0)])
def test_the_terminal_s_numbers_are_whole_in_80_columns(modes):
    lines, console = all_lines(modes), Console(width=80)
    with console.capture() as capture:
        console.print(terminal(list(lines.values()), modes is not None))
    text = capture.get()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert text.split().count("100") == 1
    for title in lines:
        assert f"\n{title} " in text

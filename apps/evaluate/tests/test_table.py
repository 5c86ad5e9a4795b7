import numpy as np
import pytest
from rich.console import Console

from onehop_evaluate import Cost, Entry, Latency, Measured, Modes, Rollouts, Row
from onehop_evaluate._row import rows_of
from onehop_evaluate._table import achievement, cost, markdown, more, terminal


def measured(name: str, scripted, maxima, milliseconds, student=False) -> Measured:
    policy = scripted()
    metric = np.array([[m / 2, m] for m in maxima])
    rollouts = Rollouts(metric, np.zeros((len(maxima), 3, 2), np.float32), None, 0.95)
    one, more = (Latency(np.full(10, ms * 1e-3), 1) for ms in (milliseconds, 0.4))
    entry = Entry(name, policy, policy, student, name, {})
    return Measured(entry, rollouts, one, more, Cost(1234, 5_600_000), 0.5)


@pytest.fixture
def rows(scripted) -> list[Row]:
    return rows_of(
        [
            measured("DDPM-100", scripted, [0.9, 1.0, 0.98, 1.0], 40.0),
            measured("DDIM-10", scripted, [0.9, 1.0, 0.97, 1.0], 4.0),
            measured("DDIM-1", scripted, [0.5, 0.6, 0.7, 0.8], 0.5),
            measured("SDS", scripted, [0.8, 0.9, 0.96, 1.0], 0.5, student=True),
        ]
    )


def test_references_are_the_teacher_and_its_one_step(rows):
    full, _, one_step, student = rows
    assert full.versus_teacher is None
    assert one_step.versus_one_step is None
    assert student.versus_teacher.value == pytest.approx(-0.055)
    assert student.versus_one_step.value == pytest.approx(0.265)
    assert full.versus_one_step.value == pytest.approx(0.32)
    assert student.speed_up == pytest.approx(80.0)


def test_estimates_of_a_row(rows):
    assert rows[3].maximum.value == pytest.approx(0.915)
    assert rows[3].mean.value == pytest.approx(0.75 * 0.915)
    assert rows[3].success.value == 0.5
    assert rows[3].score.value == pytest.approx((0.8 / 0.95 + 0.9 / 0.95 + 2) / 4)


def test_markdown_is_one_line_per_policy(rows):
    head, rule, *lines = markdown(achievement("coverage"), rows).splitlines()
    assert head.startswith("| policy | NFE | max coverage | mean coverage | success |")
    assert rule.count("|") == head.count("|")
    assert [line.split(" | ")[0] for line in lines] == [f"| {row.name}" for row in rows]
    assert lines[3].startswith("| SDS | 1 | 0.915 [0.")
    assert " | -0.055 [-0.1" in lines[3]


def test_markdown_of_cost(rows):
    lines = markdown(cost(), rows).splitlines()
    assert lines[-1].startswith("| SDS | 1 | 0.50 / 0.50 | 80.0x | 0.40 / 0.40 | 1,234")
    assert lines[-1].endswith("| 5.6 |")


WIDEST = ["DDPM-100", "SwiftPolicy a", "Twelve chars"]
TITLES = {"coverage", "progress", "success", "entropy", "NFE", "speed-up", "MFLOPs"}


@pytest.mark.parametrize(
    "columns",
    [achievement("coverage"), achievement("progress", modes=True), cost()],
    ids=["one way", "several ways", "cost"],
)
def test_terminal_table_fits_80_columns_uncut(columns, scripted):
    """With the widest numbers there are: 1.010, all differences and 100 calls."""
    several = Modes(24, lambda path: 0)
    maxima = [1.011, 1.0, 1.009, 0.002]
    found = [
        measured(name, scripted, maxima[i:] + maxima[:i], 137.14)
        for i, name in enumerate((*WIDEST, "DDIM-1"))
    ]
    found[0].entry.policy.nfe = 100
    rows = rows_of(found, several)
    console = Console(width=80)
    with console.capture() as capture:
        console.print(terminal(columns, rows))
    text = capture.get()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    words = text.split()
    assert words.count("100") == 1
    assert words.count("1") >= 3
    assert {t for c in columns for t in c.title.split()} & TITLES <= set(words)
    for name in ("DDPM-100", "Twelve chars"):
        assert f"\n{name} " in text
    for line in text.splitlines():
        assert line.count("[") == line.count("]"), line


@pytest.mark.parametrize("modes", [False, True])
def test_the_columns_left_out_of_the_terminal_are_in_markdown(modes):
    columns = (*achievement("coverage", modes), *more("coverage", modes))
    titles = [column.title for column in columns]
    assert {"max coverage", "mean coverage", "success", "score"} <= set(titles)
    assert ("entropy" in titles) == modes
    assert len(set(titles)) == len(titles)


def test_interval_stands_under_its_value(rows):
    console = Console(width=80)
    with console.capture() as capture:
        console.print(terminal(achievement("coverage"), rows))
    lines = capture.get().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("SDS"))
    assert "0.915" in lines[at]
    assert lines[at + 1].strip().startswith("[.8")

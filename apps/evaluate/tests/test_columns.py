import dataclasses

import numpy as np
import pytest
from rich.console import Console

from onehop_evaluate import (
    Cost,
    Entry,
    Latency,
    Measured,
    Role,
    Rollouts,
    Row,
    Timed,
    rows_of,
)
from onehop_evaluate.columns import (
    achievement,
    cost,
    markdown,
    more,
    seeing,
    terminal,
)
from onehop_tasks import TASKS

ROLES = (Role.FULL, Role.FEW, Role.ONE)


def group(name: str, scripted, maxima, milliseconds, role=Role.STUDENT):
    """A row of one seed; more than .95 is a success."""
    policy, n = scripted(), len(maxima)
    metric = np.array([[m / 2, m] for m in maxima])
    agent, mode = np.zeros((n, 3, 2), np.float32), np.zeros(n, int)
    success = np.array(maxima) > 0.95
    rollouts = Rollouts(metric, agent, np.ones(n, int), success, mode)
    one, many = (Latency(np.full(10, ms * 1e-3), 1) for ms in (milliseconds, 0.4))
    entry = Entry(name, policy, policy, role, name, {}, lambda: policy)
    timed = Timed(one, many, Cost(1234, 5_600_000))
    return name, [Measured(entry, rollouts, 0.5)], timed


@pytest.fixture
def rows(scripted, walk) -> list[Row]:
    return rows_of(
        [
            group("DDPM-100", scripted, [0.9, 1.0, 0.98, 1.0], 40.0, Role.FULL),
            group("DDIM-10", scripted, [0.9, 1.0, 0.97, 1.0], 4.0, Role.FEW),
            group("DDIM-1", scripted, [0.5, 0.6, 0.7, 0.8], 0.5, Role.ONE),
            group("SDS", scripted, [0.8, 0.9, 0.96, 1.0], 0.5),
        ],
        walk,
    )


def test_markdown_is_one_line_per_policy(rows, walk):
    head, rule, *lines = markdown(achievement(walk), rows).splitlines()
    assert head.startswith("| policy | NFE | max coverage | mean coverage | success |")
    assert rule.count("|") == head.count("|")
    assert [line.split(" | ")[0] for line in lines] == [f"| {row.name}" for row in rows]
    assert lines[3].startswith("| SDS | 1 | 0.915 [0.")
    assert " | -0.055 [-0.1" in lines[3]


def test_markdown_of_cost(rows):
    lines = markdown(cost(), rows).splitlines()
    assert lines[-1].startswith("| SDS | 1 | 0.50 / 0.50 | 80.0x | 0.40 / 0.40 | 1,234")
    assert lines[-1].endswith("| 5.6 |")


def test_a_decision_includes_what_it_takes_to_see(rows, walk):
    """.5 ms of deciding and 12 of seeing: 80 a second; nothing where nobody says."""
    assert seeing(walk) == ()
    scene = dataclasses.replace(walk.scene, sensing=lambda env: None)
    columns = seeing(dataclasses.replace(walk, scene=scene))
    timed = dataclasses.replace(rows[-1].timed, sensing=Latency(np.full(10, 12e-3), 1))
    cells = [c.cell(dataclasses.replace(rows[-1], timed=timed)) for c in columns]
    assert cells == ["12.00 / 12.00", "80.0"]


WIDEST = ["DDPM-100", "SwiftPolicy a", "Twelve chars"]
TITLES = {"coverage", "progress", "success", "entropy", "NFE", "speed-up", "MFLOPs"}


@pytest.mark.parametrize("name", [*TASKS, "cost"])
def test_terminal_table_fits_80_columns_uncut(name, scripted):
    """With the widest numbers there are: 1.010, all differences and 100 calls."""
    task = TASKS.get(name, TASKS["pusht"])
    columns = cost() if name == "cost" else achievement(task)
    maxima = [1.011, 1.0, 1.009, 0.002]
    found = [
        group(name, scripted, maxima[i:] + maxima[:i], 137.14, role)
        for i, (name, role) in enumerate(
            zip((*WIDEST, "DDIM-1"), (*ROLES, Role.STUDENT), strict=True)
        )
    ]
    found[0][1][0].entry.policy.nfe = 100
    rows = rows_of(found, task)
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
    for title in ("DDPM-100", "Twelve chars"):
        assert f"\n{title} " in text
    for line in text.splitlines():
        assert line.count("[") == line.count("]"), line


@pytest.mark.parametrize("modes", [0, 4])
def test_the_columns_left_out_of_the_terminal_are_in_markdown(modes):
    task = dataclasses.replace(TASKS["pusht"], modes=modes)
    titles = [column.title for column in (*achievement(task), *more(task))]
    assert {"max coverage", "mean coverage", "success", "score"} <= set(titles)
    assert ("entropy" in titles) == (modes > 0)
    assert len(set(titles)) == len(titles)


def test_interval_stands_under_its_value(rows, walk):
    console = Console(width=80)
    with console.capture() as capture:
        console.print(terminal(achievement(walk), rows))
    lines = capture.get().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("SDS"))
    assert "0.915" in lines[at]
    assert lines[at + 1].strip().startswith("[.8")

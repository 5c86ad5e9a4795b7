"""The real command, for four updates of a mixture on Avoiding."""

import dataclasses
import json

import pytest

from onehop_compare.__main__ import main
from onehop_tasks import STUDIES, Budget

SMALL = ["--studies", "avoiding", "--episodes", "4", "--scale", "0.001"]
SMALL += ["--latency-rounds", "1", "--workers", "2"]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare") / "out"
    main(["--out", str(folder), *SMALL, "--methods", "vdd"])
    return folder / "avoiding"


def test_what_is_left(out):
    for name in ("pareto.png", "paths.png", "experts.png"):
        assert (out / "test" / name).read_bytes().startswith(b"\x89PNG")
    found = json.loads((out / "test" / "results.json").read_text())
    names = ["DDPM-100", "DDIM-10", "DDIM-1", "VDD"]
    assert [row["policy"] for row in found["rows"]] == names
    assert [len(row["seeds"]) for row in found["rows"]] == [1] * 4
    assert found["starts"]["name"] == "test"


def test_the_table_holds_every_line(out):
    lines = (out / "test" / "table.md").read_text().splitlines()
    success, cost = (line for line in lines if line.startswith("| VDD | 1 |"))
    assert " to " not in success  # the least and the greatest of one seed
    assert cost.endswith(" | 8,192 |")
    assert sum(line.startswith("| DDPM-100 | 100 |") for line in lines) == 2


def test_the_teachers_work_is_counted(out):
    rows = json.loads((out / "test" / "results.json").read_text())["rows"]
    cost = {row["policy"]: row["teacher_evaluations"] for row in rows}
    assert cost["DDIM-10"] is None
    # Of four updates: batch x experts, one draw each.
    assert cost["VDD"] == 4 * 256 * 8


def test_the_same_command_again_runs_nothing_anew(out, capsys):
    notes = {note: note.stat().st_mtime_ns for note in out.glob("cells/*.json")}
    assert len(notes) == 3  # a student, trained and rolled out, and the teacher
    folder = str(out.parent)
    main(["--out", folder, *SMALL, "--methods", "vdd"])
    assert {note: note.stat().st_mtime_ns for note in notes} == notes


def test_other_settings_in_the_same_folder_are_refused(out, capsys):
    words = ["--out", str(out.parent), *SMALL, "--methods", "vdd", "--scale", "0.01"]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "of other settings" in capsys.readouterr().err


def test_a_failure_costs_its_row_alone(out, capsys, monkeypatch):
    """And is one line on stderr, with the exit status 1."""
    budgets = {**STUDIES["avoiding"].budgets, "sdm": Budget(1, ("--lr", "-1"))}
    bad = dataclasses.replace(STUDIES["avoiding"], budgets=budgets)
    monkeypatch.setitem(STUDIES, "avoiding", bad)
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(out.parent), *SMALL, "--methods", "sdm", "vdd"])
    assert stop.value.code == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("onehop-compare: avoiding/sdm-0: expected its command to")
    found = json.loads((out / "test" / "results.json").read_text())
    names = ["DDPM-100", "DDIM-10", "DDIM-1", "VDD"]
    assert [row["policy"] for row in found["rows"]] == names


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["--studies", "chess"],
            "--studies: expected some of pusht, avoiding, human, pixels, ",
        ),
        (["--methods", "alchemy"], "--methods: expected some of sds, sdm"),
        (["--seeds", "0"], "--seeds: expected 1 to 1000, got 0"),
        (["--scale", "0"], "--scale: expected above 0, at most 1e+06, got 0.0"),
        (["--studies", "human", "--human", "no"], "--human: expected a file, found"),
        (["--episodes", "1"], "--episodes: expected 2 to"),
    ],
)
def test_bad_options_are_one_line(words, line, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path), *words])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []

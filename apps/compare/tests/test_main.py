"""The real command, for four updates of a mixture on Avoiding."""

import dataclasses
import json

import pytest

import onehop_compare.__main__ as command
from onehop_compare.__main__ import main
from onehop_compare.config import Compare
from onehop_tasks import STUDIES, Budget, Group

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


def test_a_table_that_cannot_be_made_costs_itself_alone(
    fake, tmp_path, monkeypatch, capsys
):
    """The next study's is made, and the family's, of that one."""
    whole = command.evaluate

    def first_fails(groups, conditions, *rest):
        if conditions.task.scene.sensing is None:
            raise ValueError("no")
        return whole(groups, conditions, *rest)

    monkeypatch.setattr(command, "evaluate", first_fails)
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path), *FAMILY, "--studies", "fake"])
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "fake-a/test: expected its table to be made, got ValueError('no')" in said
    assert not (tmp_path / "fake-a" / "test").exists()
    assert "1 of 2 tasks" in (tmp_path / "fake" / "test" / "table.md").read_text()


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
        (["--n-action", "0"], "--n-action: expected 1 to 8192, got 0"),
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


@pytest.fixture
def fake(monkeypatch) -> None:
    """A family of two: Avoiding twice; one says what it takes to see."""
    avoiding = STUDIES["avoiding"]
    scene = dataclasses.replace(avoiding.task.scene, sensing=lambda env: None)
    seen = dataclasses.replace(avoiding.task, scene=scene)
    for name, part, task in (("fake-a", "easy", avoiding.task), ("fake-b", "", seen)):
        study = dataclasses.replace(
            avoiding, name=name, group=Group("fake", part), task=task
        )
        monkeypatch.setitem(STUDIES, name, study)


FAMILY = ["--methods", "regression", "--episodes", "2", "--scale", "0.001"]
FAMILY += ["--latency-rounds", "1", "--workers", "2", "--precision", "no"]


def test_a_family_goes_on_where_it_was_stopped(fake, tmp_path, monkeypatch, capsys):
    """Stopped in the middle of the tables; a study by its name is one of the family."""
    out = tmp_path / "out"
    folder = out / "fake" / "test"
    words = ["--out", str(out), *FAMILY]
    whole, evaluated = command.evaluate, []

    def stopped(groups, conditions, *rest):
        evaluated.append(conditions.task.scene.sensing is not None)
        if evaluated == [False, True]:
            raise KeyboardInterrupt
        return whole(groups, conditions, *rest)

    monkeypatch.setattr(command, "evaluate", stopped)
    with pytest.raises(SystemExit, match="the same command goes on from here"):
        main([*words, "--studies", "fake"])
    assert not folder.exists()
    notes = {n: n.stat().st_mtime_ns for n in out.glob("*/cells/*.json")}
    assert len(notes) == 6
    # Of what is finished there is a table at any time.
    main([*words, "--studies", "fake", "--families-only"])
    assert "1 of 2 tasks of fake are done" in (folder / "table.md").read_text()
    # Only the study that was not reported is.
    main([*words, "--studies", "fake", "fake-a"])
    assert evaluated == [False, True, True]
    assert {n: n.stat().st_mtime_ns for n in notes} == notes
    found = json.loads((folder / "results.json").read_text())
    names = ["DDPM-100", "DDIM-10", "DDIM-1", "regression"]
    assert [row["policy"] for row in found["rows"]] == names
    assert [row["tasks"] for row in found["rows"]] == [2] * 4
    assert found["peak"]["bytes"] > 50_000_000  # torch alone is larger
    assert (folder / "picture.png").exists()
    text = (out / "fake-b" / "test" / "table.md").read_text()
    assert "| sensing [ms], p50 / p95 | decisions [Hz] |" in text
    # Timed otherwise, a study is reported anew.
    main([*words, "--studies", "fake-a", "--latency-rounds", "2"])
    assert evaluated == [False, True, True, False]


def test_a_family_s_name_stands_for_its_studies_and_none_is_without_one(fake):
    named = Compare(studies=("pusht", "fake", "fake-b")).plans()
    assert [plan.study.name for plan in named] == ["pusht", "fake-a", "fake-b"]
    assert not any(plan.study.group for plan in Compare().plans())
    quick = list(Compare(studies=("fake",), quick=True).plans())
    assert [plan.scale for plan in quick] == [0.2, 0.2]


def test_the_tables_of_no_family_are_refused(fake, tmp_path, capsys):
    words = ["--out", str(tmp_path / "out"), "--families-only", "--studies"]
    for name, line in (
        ("avoiding", "--families-only: expected --studies to name a family"),
        ("fake", "--out: expected finished studies in"),
    ):
        with pytest.raises(SystemExit) as stop:
            main([*words, name])
        assert stop.value.code == 2
        assert line in capsys.readouterr().err

"""A family's rows, from results whose every number is known."""

import dataclasses
import json

import numpy as np
import pytest
from matplotlib.colors import to_hex

import onehop_compare._family_picture as picture
from onehop_compare._family import rows_of
from onehop_compare._family_pairs import pairs_of
from onehop_compare._family_report import report_family
from onehop_compare._finished import finished, peak
from onehop_interfaces import BadInput
from onehop_tasks import STUDIES, Group

NAMES = {"fake-a": "easy", "fake-b": "hard", "fake-c": "easy"}
MADE = {"versions": {"onehop": "ab"}, "machine": {"processor": "one"}}


def row(policy, role, success, milliseconds, sensing=None):
    """Success is (S, E)."""
    return {
        "policy": policy,
        "role": role,
        "nfe": 1,
        "latency_one_thread": {"p50_seconds": milliseconds * 1e-3},
        "sensing": sensing and {"p50_seconds": sensing * 1e-3},
        "seeds": [{"per_start": {"success": list(map(bool, s))}} for s in success],
    }


def results(full, one, students, sensing=None, **made):
    ways = [("DDPM", "full", [full], 90.0), ("DDIM-1", "one", [one], 2.0)]
    rows = [row(*way, sensing) for way in ways]
    rows += [row(n, "student", s, 3.0, sensing) for n, s in students.items()]
    return {
        "format": "onehop-evaluation",
        "version": 2,
        "rows": rows,
        "provenance": {**MADE, **made},
    }


@pytest.fixture
def leave(tmp_path, monkeypatch):
    """Leaves a study's results, and the note of a cell."""
    for name, part in NAMES.items():
        study = dataclasses.replace(
            STUDIES["avoiding"], name=name, group=Group("fake", part)
        )
        monkeypatch.setitem(STUDIES, name, study)

    def left(name, found, had=None):
        for folder in ("test", "cells"):
            (tmp_path / name / folder).mkdir(parents=True)
        (tmp_path / name / "test" / "results.json").write_text(json.dumps(found))
        note = tmp_path / name / "cells" / f"{name}-teacher.json"
        note.write_text(json.dumps({"seconds": 1.0, "peak_bytes": had}))

    return left


@pytest.fixture
def rows(leave, tmp_path):
    """A has both tasks, two seeds; B lacks one, and one seed of another."""
    a = {"A": [[1, 1, 0, 0], [1, 1, 1, 1]], "B": [[1, 1, 1, 1], [0, 0, 0, 0]]}
    leave("fake-a", results([1, 1, 1, 1], [1, 0, 0, 0], a, 17.0), 100)
    b = {"A": [[0, 0, 0, 0], [1, 0, 0, 0]], "B": [[1, 1, 1, 1]]}
    leave("fake-b", results([1, 1, 0, 0], [0, 0, 0, 0], b, 37.0), 900)
    return {row.name: row for row in rows_of(finished(tmp_path, "fake", "test"))}


def test_success_is_the_mean_over_tasks_seeds_and_starts(rows):
    assert list(rows) == ["DDPM", "DDIM-1", "A", "B"]
    assert rows["A"].success.value == pytest.approx((6 / 8 + 1 / 8) / 2)
    assert rows["A"].tasks == {"fake-a": 6 / 8, "fake-b": 1 / 8}
    parts = {part: value.value for part, value in rows["A"].parts.items()}
    assert parts == {"easy": 6 / 8, "hard": 1 / 8}


def test_differences_and_shares_are_to_the_teacher_at_the_same_tasks(rows):
    full, one, a, b = rows.values()
    assert a.versus_full.value == pytest.approx(((6 / 8 - 1) + (1 / 8 - 1 / 2)) / 2)
    assert a.versus_one.value == pytest.approx(((6 / 8 - 1 / 4) + 1 / 8) / 2)
    assert a.kept.value == pytest.approx((6 / 8 + 1 / 8) / (1 + 1 / 2))
    # Of the first task alone, where the teacher always succeeds.
    assert b.versus_full.value == b.kept.value - 1 == -0.5
    assert full.versus_full is full.kept is one.versus_one is None
    assert one.kept.value == pytest.approx((1 / 4) / (3 / 2))


def test_students_are_paired_where_both_are_complete(leave, tmp_path):
    """Start by start: where they fail together there is nothing to tell them apart."""
    a = {"A": [[1, 1, 0, 0]], "B": [[1, 1, 0, 0]], "C": [[1, 0, 0, 0]]}
    leave("fake-a", results([1] * 4, [1] * 4, a))
    b = {"A": [[1, 1, 1, 1]], "B": [[1, 1, 1, 1]]}
    leave("fake-b", results([1] * 4, [1] * 4, b))
    first, second, third = pairs_of(finished(tmp_path, "fake", "test"))
    assert first == ("A", "B", 2, (0.0, 0.0, 0.0))
    assert (second[:3], third[:3]) == (("A", "C", 1), ("B", "C", 1))
    assert second.difference == third.difference
    assert second.difference.value == pytest.approx(1 / 4)


def test_students_of_other_teachers_are_no_pair(leave, tmp_path):
    one = {"A": [[1, 1]], "B": [[0, 0]], "C": [[1, 1]]}
    leave("fake-a", results([1, 1], [1, 1], one))
    leave("fake-a-teacher-1", results([1, 1], [1, 1], {"A": [[0, 1]], "B": [[0, 0]]}))
    [(policy, other, tasks, difference)] = pairs_of(finished(tmp_path, "fake", "test"))
    assert (policy, other, tasks, difference.value) == ("A", "B", 1, 0.75)


def test_differences_are_to_a_student_s_own_teacher(leave, tmp_path):
    """Two teachers, the second of which is poor and taught its student better."""
    leave("fake-a", results([1, 1, 1, 1], [1, 0, 0, 0], {"A": [[1, 1, 1, 0]]}), 100)
    poor = results([0, 0, 0, 0], [0, 0, 0, 0], {"A": [[1, 0, 0, 0]], "B": [[1] * 4]})
    leave("fake-a-teacher-1", poor, 900)
    studies = finished(tmp_path, "fake", "test")
    full, one, a, b = rows_of(studies)
    values = [row.success.value for row in (full, one, a, b)]
    assert values == pytest.approx([1 / 2, 1 / 8, 1 / 2, 1])
    differences = [row.versus_full.value for row in (one, a, b)]
    assert differences == pytest.approx([-3 / 8, 0, 1])
    assert a.versus_full.low < 0 < a.versus_full.high
    assert a.kept.value == pytest.approx(1)
    assert b.kept is None
    assert peak(tmp_path, studies).memory == 900
    report_family(tmp_path, "fake", "test", {})
    text = (tmp_path / "fake" / "test" / "table.md").read_text()
    assert "Tasks have 2 teachers, " in text


def test_teachers_that_were_judged_by_other_episodes_are_not_set_together(
    leave, tmp_path
):
    leave("fake-a", results([1, 1], [0, 0], {}))
    leave("fake-a-teacher-1", results([1, 1, 1], [0, 0, 0], {}))
    with pytest.raises(BadInput, match=r"fake-a: expected as many .*, got 2, 3"):
        finished(tmp_path, "fake", "test")


def test_tasks_that_are_not_complete_do_not_count(rows):
    assert rows["B"].tasks == {"fake-a": 0.5}
    assert rows["B"].parts["hard"] is None


def test_a_decision_includes_what_it_takes_to_see(rows):
    """3 ms of deciding, and 17 or 37 of seeing: in the middle 30 ms."""
    pace = rows["A"].pace
    assert (pace.deciding, pace.sensing, pace.both) == pytest.approx(
        (3e-3, 27e-3, 30e-3)
    )
    assert pace.hertz == pytest.approx(1 / 30e-3)


def test_without_sensing_everywhere_there_is_none(rows, leave, tmp_path):
    leave("fake-c", results([1] * 4, [0] * 4, {}))
    full, *_ = rows_of(finished(tmp_path, "fake", "test"))
    assert full.pace.sensing is None
    assert full.pace.hertz == pytest.approx(1 / 90e-3)


def test_the_table_says_what_it_is_of(rows, tmp_path, capsys):
    assert report_family(tmp_path, "fake", "test", {})
    folder = tmp_path / "fake" / "test"
    text = (folder / "table.md").read_text()
    lines = text.splitlines()
    assert lines[0].startswith("| policy | NFE | tasks | success | easy | hard | ")
    assert lines[4].startswith("| A | 1 | 2 of 3 | 0.438 [0.")
    assert lines[5].startswith("| B | 1 | 1 of 3 | 0.500 [0.")
    assert "| - | " in lines[5]
    assert "| success of | less that of | tasks | difference |" in lines
    assert any(line.startswith("| A | B | 1 | +0.250 [") for line in lines)
    assert "| task | part | DDPM | DDIM-1 | A | B |" in lines
    assert "| fake-b | hard | 0.50 | 0.00 | 0.12 | - |" in lines
    assert lines[-1].startswith("2 of 3 tasks of fake are done, 4 episodes each")
    assert "Rows are not all of the same tasks" in lines[-1]
    assert "0.00 GB (fake-b-teacher)" in lines[-1]
    assert "processors" not in text
    found = json.loads((folder / "results.json").read_text())
    assert found["rows"][2]["success"]["value"] == rows["A"].success.value
    [pair] = found["pairs"]
    assert (pair["policy"], pair["other"], pair["tasks"]) == ("A", "B", 1)
    assert pair["difference"]["value"] == 0.25
    assert found["peak"] == {"bytes": 900, "cell": "fake-b-teacher"}
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_what_keeps_tasks_from_being_compared_is_said(rows, leave, tmp_path):
    other = {"machine": {"processor": "another"}, "versions": {"onehop": "cd"}}
    leave("fake-c", results([1] * 4, [0] * 4, {}, **other))
    report_family(tmp_path, "fake", "test", {})
    text = (tmp_path / "fake" / "test" / "table.md").read_text()
    assert "by different versions of onehop" in text
    assert "on different processors" in text


def test_nothing_finished_leaves_nothing(leave, tmp_path):
    assert not report_family(tmp_path, "fake", "test", {})
    assert not (tmp_path / "fake").exists()


def test_a_cell_without_a_note_of_memory_has_none(leave, tmp_path):
    leave("fake-a", results([1, 1], [0, 0], {}))
    assert peak(tmp_path, finished(tmp_path, "fake", "test")) is None


@pytest.mark.parametrize(
    "break_it",
    [
        lambda found: found.update(version=1),
        lambda found: found["rows"][0].pop("role"),
        lambda found: found["rows"][0].update(seeds=[]),
        lambda found: found["rows"][0].update(sensing=3),
        lambda found: found.update(rows=3),
    ],
)
def test_other_results_are_refused(break_it, leave, tmp_path):
    found = results([1, 1], [0, 0], {})
    break_it(found)
    leave("fake-a", found)
    with pytest.raises(BadInput, match=r"fake-a/test/results.json: expected "):
        finished(tmp_path, "fake", "test")


def test_what_is_lost_is_red_and_what_is_won_blue(rows, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(picture, "save", lambda figure, path: drawn.append(figure))
    studies = finished(tmp_path, "fake", "test")
    b = {**results([0] * 4, [0] * 4, {"A": [[1] * 4] * 2}, 1.0)}
    (tmp_path / "fake-b" / "test" / "results.json").write_text(json.dumps(b))
    studies = finished(tmp_path, "fake", "test")
    picture.draw_family(rows_of(studies), studies, tmp_path)
    axes, _ = drawn[0].axes
    bars = [line for line in axes.lines if len(line.get_xdata()) == 2]
    assert [to_hex(bar.get_color()) for bar in bars] == [picture.LOST, picture.WON]
    np.testing.assert_allclose([bar.get_xdata() for bar in bars], [[1, 0.75], [0, 1]])


def test_tasks_stand_by_part_then_by_the_teacher(rows, leave, tmp_path):
    leave("fake-c", results([1] * 4, [0] * 4, {}))
    studies = finished(tmp_path, "fake", "test")
    success = {"fake-a": 0.2, "fake-b": 0.9, "fake-c": 0.6}
    assert picture.in_order(studies, success) == ["fake-c", "fake-a", "fake-b"]

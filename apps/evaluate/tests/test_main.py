import json
import shutil
from math import ceil

import pytest
import torch
from numpy.testing import assert_allclose
from safetensors.numpy import load_file

from onehop_evaluate import Use, entries_of
from onehop_evaluate.__main__ import main
from onehop_interfaces import Domain
from onehop_interfaces.acting import decide
from onehop_methods import METHODS
from onehop_teachers import (
    EDM,
    Karras,
    PredictX,
    SquaredCosine,
    checkpoint_sha256,
    load_checkpoint,
    save_checkpoint,
    save_teacher,
)

FILES = {
    "table.md",
    "results.json",
    "curves.png",
    "paths.png",
    "trade_off.png",
    "race.gif",
    "rollouts",
}


@pytest.mark.parametrize(
    ("grid", "name", "first"),
    [(Domain.grid, "DDIM-10", 99.0), (Domain.leading_grid, "DDIM-10 leading", 90.0)],
)
def test_ten_steps_may_be_leading(tmp_path, grid, name, first, small_teacher):
    save_teacher(tmp_path / "teacher", small_teacher(SquaredCosine(), PredictX()), {})
    use = Use(torch.device("cpu"), ten_at=grid)
    full, few, one = entries_of(tmp_path / "teacher", [], use)
    assert (full.name, few.name, one.name) == ("DDPM-100", name, "DDIM-1")
    times = []
    for entry in (few, one):
        hook = entry.module.net.register_forward_hook(
            lambda _, args, __: times.append(float(args[1][0]))
        )
        decide(entry.policy, {"keypoints": torch.zeros(1, 2, 20)})
        hook.remove()
    assert times == [*(first - 10 * i for i in range(10)), 99.0]
    assert len({full.fingerprint, few.fingerprint, one.fingerprint}) == 3


def test_everything_is_written_and_agrees(runs, capsys, command):
    main(command(runs))
    out = runs / "out"
    assert {path.name for path in out.iterdir()} == FILES
    results = json.loads((out / "results.json").read_text())
    rows = {row["policy"]: row for row in results["rows"]}
    assert {name: row["nfe"] for name, row in rows.items()} == {
        "DDPM-12": 12,
        "DDIM-10": 10,
        "DDIM-1": 1,
        "SDS": 1,
    }
    assert results["starts"]["seeds"] == [500_000, 500_001]
    table = (out / "table.md").read_text()
    printed = capsys.readouterr().out
    for name, row in rows.items():
        (seed,) = row["seeds"]
        value = row["max coverage"]["value"]
        assert value == pytest.approx(sum(seed["per_start"]["max coverage"]) / 2)
        assert f"| {name} | {row['nfe']} | {value:.3f} [" in table
        assert name in printed
    assert rows["DDIM-10"]["flops"] == 10 * rows["DDIM-1"]["flops"]
    assert rows["DDPM-12"]["versus_full"] is None
    assert rows["DDIM-1"]["versus_one"] is None
    provenance = rows["SDS"]["seeds"][0]["checkpoint"]["provenance"]
    assert provenance == {"seed": 1}
    assert results["provenance"]["command"][:2] == ["onehop-evaluate", "--teacher"]


def test_students_are_timed_by_onnx_if_asked_for(runs, command):
    main([*command(runs), "--no-figures", "--onnx"])
    rows = json.loads((runs / "out" / "results.json").read_text())["rows"]
    assert [row["latency_onnx"] is not None for row in rows] == [False] * 3 + [True]
    assert rows[3]["latency_onnx"]["threads"] == 1
    *_, costs = (runs / "out" / "table.md").read_text().split("\n\n")[:2]
    head, _, *lines = costs.splitlines()
    column = [title.strip() for title in head.split("|")].index("ONNX [ms], p50 / p95")
    cells = [line.split("|")[column].strip() for line in lines]
    assert cells[:3] == ["-"] * 3
    assert float(cells[3].split(" / ")[0]) > 0


def test_untrained_sds_student_is_the_teacher_at_one_step(runs, command):
    main([*command(runs), "--no-figures"])
    rows = json.loads((runs / "out" / "results.json").read_text())["rows"]
    one_step, student = rows[2:]
    played = [
        row["seeds"][0]["per_start"]["max coverage"] for row in (student, one_step)
    ]
    assert_allclose(*played)
    assert student["parameters"] == one_step["parameters"]
    assert student["versus_one"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_all_may_be_made_to_decide_more_often(runs, command):
    """Episodes of either kind lie beside one another."""
    for n_action in (8, 3):
        main([*command(runs, **{"n-action": n_action}), "--rollouts-only"])
    kept = [load_file(f) for f in (runs / "out" / "rollouts").glob("*/*.safetensors")]
    assert len(kept) == 2 * 4 * 2
    steps = [(len(episode["metric"]), int(episode["decisions"])) for episode in kept]
    by_eight = [decisions == ceil(n / 8) for n, decisions in steps]
    by_three = [decisions == ceil(n / 3) for n, decisions in steps]
    assert sum(by_eight) == sum(by_three) == 8
    assert all(a or b for a, b in zip(by_eight, by_three, strict=True))


def test_the_table_says_how_often_was_decided(runs, command):
    for more, said in (({}, False), ({"n-action": 3}, True)):
        main([*command(runs, **more), "--no-figures"])
        table = (runs / "out" / "table.md").read_text()
        assert ("Of a plan 3 actions are carried out." in table) == said


def test_continuous_schedules_have_ode_samplers(runs, small_teacher, command):
    save_teacher(runs / "teacher", small_teacher(EDM(), Karras(sigma_data=1.0)), {})
    main([*command(runs), "--no-figures"])
    rows = json.loads((runs / "out" / "results.json").read_text())["rows"]
    names = [(row["policy"], row["nfe"]) for row in rows[:3]]
    assert names == [("Heun-18", 35), ("Euler-10", 10), ("Euler-1", 1)]


def test_students_of_one_method_are_told_apart_by_their_runs(
    runs, small_teacher, save_student, command
):
    teacher = small_teacher(SquaredCosine(steps=12), PredictX())
    for name in ("warm", "cold"):
        save_student(runs / name / "checkpoint", teacher)
    words = command(runs, students=runs / "warm" / "checkpoint")
    at = words.index("--out")
    words.insert(at, str(runs / "cold" / "checkpoint"))
    main([*words, "--no-figures"])
    rows = json.loads((runs / "out" / "results.json").read_text())["rows"]
    assert [row["policy"] for row in rows[3:]] == ["SDS warm", "SDS cold"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"task": "juggling"},
            "--task: expected one of ['adroit-door', 'adroit-hammer', 'adroit-pen', ",
        ),
        ({"starts": "easy"}, "--starts: expected one of ['paper', 'test', 'validatio"),
        ({"episodes": 1}, "--episodes: expected 2 to 100000"),
        ({"starts": "paper", "episodes": 51}, "--episodes: expected 2 to 50"),
        ({"latency-rounds": 0}, "--latency-rounds: expected 1 to 8192, got 0"),
        ({"n-action": 17}, "n_action: expected a whole number of 1 to 16, got 17"),
        ({"device": "abacus"}, "--device: expected one that works here"),
        (
            {"candidates": 4},
            "--critic: expected one with --candidates or --guidance",
        ),
        ({"teacher": "nowhere"}, "nowhere: expected a checkpoint folder"),
        ({"students": "nowhere"}, "nowhere: expected a checkpoint folder"),
    ],
)
def test_bad_options_are_one_line_and_status_2(
    runs, capsys, options, line, command, refused
):
    assert line in refused(command(runs, **options), capsys)
    assert not (runs / "out").exists()


def test_out_that_is_a_file_is_kept(runs, capsys, command, refused):
    (runs / "out").write_text("mine")
    assert "--out: expected a folder" in refused(command(runs), capsys)
    assert (runs / "out").read_text() == "mine"


def test_teacher_and_student_swapped(runs, capsys, command, refused):
    line = refused(command(runs, teacher=runs / "student"), capsys)
    assert "expected a teacher" in line
    line = refused(command(runs, students=runs / "teacher"), capsys)
    assert f"expected a student of a method in {sorted(METHODS)}, got None" in line


def test_student_of_an_unknown_method(
    runs, capsys, small_teacher, save_student, command, refused
):
    teacher = small_teacher(SquaredCosine(steps=12), PredictX())
    save_student(runs / "student", teacher, method="alchemy")
    line = refused(command(runs), capsys)
    expected = f"expected a student of a method in {sorted(METHODS)}, got 'alchemy'"
    assert expected in line


def test_truncated_weights(runs, capsys, command, refused):
    weights = runs / "student" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    assert "model.safetensors: expected safetensors" in refused(command(runs), capsys)


def test_weights_that_are_not_finite(runs, capsys, command, refused):
    tensors, config, provenance = load_checkpoint(runs / "student")
    tensors[next(iter(tensors))].fill_(torch.nan)
    save_checkpoint(runs / "student", tensors, config, provenance)
    assert "expected finite numbers, got NaN" in refused(command(runs), capsys)


def test_student_of_another_shape(runs, capsys, command, refused):
    tensors, config, provenance = load_checkpoint(runs / "student")
    tensors.popitem()
    save_checkpoint(runs / "student", tensors, config, provenance)
    assert "expected it, got none" in refused(command(runs), capsys)


def test_a_student_of_another_teacher_is_refused(
    runs, capsys, small_teacher, command, refused
):
    tensors, config, _ = load_checkpoint(runs / "student")
    notes = {"teacher_sha256": checkpoint_sha256(runs / "teacher")}
    save_checkpoint(runs / "student", tensors, config, notes)
    shutil.copytree(runs / "teacher", runs / "copy")
    torch.manual_seed(1)
    save_teacher(runs / "teacher", small_teacher(SquaredCosine(13), PredictX()), {})
    line = refused(command(runs), capsys)
    assert f"student: expected a student of {runs / 'teacher'} (" in line
    assert not (runs / "out").exists()
    # By another path it is still the same teacher.
    main([*command(runs, teacher=runs / "copy"), "--rollouts-only"])
    assert "does not say which teacher" not in capsys.readouterr().err


def test_a_student_that_names_no_teacher_is_told(runs, capsys, command):
    main([*command(runs), "--rollouts-only"])
    line = f"{runs / 'student'}: does not say which teacher it was distilled from"
    assert line in capsys.readouterr().err

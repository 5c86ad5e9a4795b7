"""The real mains of the other apps, each at its smallest."""

import json
from pathlib import Path

import pytest

import onehop_demo.__main__ as command
import onehop_evaluate.__main__
from onehop_demo.__main__ import main
from onehop_interfaces import sources_sha256

SMALL = ["--demonstrations=2", "--teacher-steps=2", "--student-steps=2", "--episodes=2"]


@pytest.fixture
def quick_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time few decisions and draw nothing: the app has tests of its own for that."""
    evaluate = onehop_evaluate.__main__.main
    options = ["--latency-rounds", "1", "--no-figures"]
    monkeypatch.setattr(
        onehop_evaluate.__main__, "main", lambda argv: evaluate([*argv, *options])
    )


@pytest.mark.usefixtures("quick_evaluation")
def test_from_scratch_then_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    command = ["--from-scratch", "--out", str(tmp_path), *SMALL]
    main(command)
    first = capsys.readouterr().out
    assert f"[5/5] evaluate: onehop-evaluate --students {tmp_path}/sdm" in first
    assert f"{tmp_path}/evaluation/results.json\n" in first
    assert "minutes of computing" in first
    names = ("collect", "teacher", "sdm", "sds", "evaluate")
    notes = [json.loads((tmp_path / f"{n}.json").read_text()) for n in names]
    assert all(note["seconds"] > 0 for note in notes)

    main(command)
    again = capsys.readouterr().out
    assert again.count("finished before") == 5
    assert again.splitlines()[-2:] == first.splitlines()[-2:]


def test_another_job_in_the_folder_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["onehop_collect", "--episodes", "3"]
    note = {"words": words, "seconds": 1.0, "sources": sources_sha256()}
    (tmp_path / "collect.json").write_text(json.dumps(note))
    with pytest.raises(SystemExit) as exit:
        main(["--from-scratch", "--out", str(tmp_path), *SMALL])
    assert exit.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"onehop-demo: --out: {tmp_path}/collect.json is of other")


def test_an_interrupted_job_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ran: list[str] = []

    def carry_out_here(cell):
        if cell.name == stop:
            raise KeyboardInterrupt
        ran.append(cell.name)
        cell.ended(1.0)
        return 1.0

    monkeypatch.setattr(command, "carry_out_here", carry_out_here)
    words, stop = ["--from-scratch", "--out", str(tmp_path), *SMALL], "sds"
    with pytest.raises(KeyboardInterrupt):
        main(words)
    stop = ""
    main(words)
    assert ran == ["collect", "teacher", "sdm", "sds", "evaluate"]

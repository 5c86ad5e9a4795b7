import json
from pathlib import Path

import pytest

from onehop_demo import Stage, carry_out
from onehop_interfaces import BadInput


class Job:
    """Three stages that write down when they run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.ran: list[str] = []

    def run(self, seed: str = "0", failing: str = "") -> float:
        def main(arguments):
            if arguments[0] == failing:
                raise KeyboardInterrupt
            self.ran.append(arguments[0])

        rows = [("collect", []), ("train", ["--seed", seed]), ("evaluate", [])]
        stages = [Stage(n, "onehop", main, [n, *options]) for n, options in rows]
        self.ran = []
        return carry_out(stages, self.folder)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_every_stage_runs_once(job: Job):
    first = job.run()
    assert job.ran == ["collect", "train", "evaluate"]
    assert job.run() == first
    assert job.ran == []


def test_an_interrupted_job_goes_on_where_it_was(job: Job):
    with pytest.raises(KeyboardInterrupt):
        job.run(failing="train")
    assert job.ran == ["collect"]
    job.run()
    assert job.ran == ["train", "evaluate"]


def test_another_job_is_refused_before_anything_runs(job: Job):
    with pytest.raises(KeyboardInterrupt):
        job.run(failing="evaluate")
    with pytest.raises(BadInput, match=r"expected 'onehop train --seed 1' or nothing"):
        job.run(seed="1")
    assert job.ran == []


def test_only_a_stage_begun_is_resumed(tmp_path: Path):
    came = []
    stage = Stage("train", "onehop", came.append, ["--steps", "2"], tmp_path / "begun")
    stage.run()
    (tmp_path / "begun").touch()
    stage.run()
    assert came == [["--steps", "2"], ["--steps", "2", "--resume"]]


def test_the_note_is_the_command(job: Job):
    job.run(seed="7")
    note = json.loads((job.folder / "train.json").read_text())
    assert note["command"] == "onehop train --seed 7"
    assert note["seconds"] >= 0

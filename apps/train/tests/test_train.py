"""The real command, for a few steps."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from onehop_envs import Demonstrations, PushTPlanner, demonstrate, mirrored
from onehop_interfaces.testing import same_state
from onehop_teachers import checkpoint_sha256, pusht_teacher
from onehop_train.__main__ import main
from onehop_train._data import WindowData
from onehop_train._state import read_state

SMALL = ["--batch-size", "8", "--save-every", "2", "--log-every", "1"]


def train(method: str, data: Path, out: Path, *more: str) -> None:
    main([method, "--data", str(data), "--out", str(out), *SMALL, *more])


def weights(out: Path) -> dict:
    return load_file(out / "checkpoint" / "model.safetensors")


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("teacher") / "run"
    train("teacher", data, out, "--steps", "4")
    return out / "checkpoint"


def options(method: str, teacher: Path) -> list[str]:
    return [] if method == "teacher" else ["--teacher", str(teacher), "--lr", "1e-3"]


@pytest.mark.parametrize("method", ["teacher", "sds"])
def test_a_stopped_run_equals_an_uninterrupted_one(method, data, teacher, tmp_path):
    more = ["--steps", "6", *options(method, teacher)]
    train(method, data, tmp_path / "whole", *more)
    command = [sys.executable, "-m", "onehop_train", method, "--data", str(data)]
    command += ["--out", str(tmp_path / "cut"), *SMALL, *more]
    kill_after_the_first_state(command, tmp_path / "cut")
    train(method, data, tmp_path / "cut", *more, "--resume")
    assert same_state(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    assert steps_logged(tmp_path / "cut") == [1, 2, 3, 4, 5, 6]


def kill_after_the_first_state(command: list[str], out: Path) -> None:
    """SIGKILL as soon as a state is there; the run may even have ended by then."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 100
    while not list(out.glob("states/step-????????")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(out.glob("states/step-????????")), "a state must have been saved"


def steps_logged(out: Path) -> list[int]:
    lines = (out / "log.jsonl").read_text().splitlines()
    return [json.loads(line)["step"] for line in lines]


def test_the_checkpoint_says_where_it_comes_from(teacher):
    notes = json.loads((teacher / "provenance.json").read_text())
    assert notes["seed"] == 0
    assert len(notes["data_sha256"]) == 64
    assert notes["metrics"]["step"] == 4
    assert {"torch", "numpy", "onehop_sds", "onehop_teachers"} <= set(notes["versions"])


def test_the_averaged_weights_are_kept(teacher):
    state = read_state(teacher.parent / "states", 4)
    average = {
        name.removeprefix("module."): tensor
        for name, tensor in state["average"].items()
        if name.startswith("module.")
    }
    assert same_state(weights(teacher.parent), average)
    assert not same_state(weights(teacher.parent), state["student"])


@pytest.mark.parametrize("mirror", [False, True])
def test_mirrored_demonstrations_count_when_asked_for(mirror, tmp_path):
    """The teacher's statistics are those of what it learns from."""
    one = demonstrate((100.0, 200.0, 200.0, 300.0, 1.0), PushTPlanner(), 20)
    one.save(tmp_path / "one.safetensors")
    options = ["--steps", "1", *(["--mirror"] if mirror else [])]
    train("teacher", tmp_path / "one.safetensors", tmp_path / "run", *options)
    seen = Demonstrations.concatenate([one, mirrored(one)]) if mirror else one
    like = pusht_teacher()
    windows = WindowData(seen, like.signature, torch.device("cpu")).sample()
    expected = dict(like.fit(windows.obs, windows.actions).named_buffers())
    found = weights(tmp_path / "run")
    statistics = found.keys() & expected.keys()
    assert len(statistics) >= 3
    for name in statistics:
        torch.testing.assert_close(found[name], expected[name])


def test_tensorboard_is_written(teacher):
    assert list((teacher.parent / "tensorboard").glob("events.*"))


@pytest.mark.parametrize("predict", ["x", "eps", "v", "edm"])
def test_every_parametrisation_trains(predict, data, tmp_path):
    train("teacher", data, tmp_path / "run", "--steps", "1", "--predict", predict)
    assert steps_logged(tmp_path / "run") == [1]


def test_bfloat16_trains(data, tmp_path):
    train("teacher", data, tmp_path / "run", "--steps", "1", "--precision", "bf16")
    assert all(w.isfinite().all() for w in weights(tmp_path / "run").values())


def test_one_process_can_train_in_either_precision(data, tmp_path):
    results = []
    for name, precision in [("a", "no"), ("b", "bf16"), ("c", "no")]:
        more = ["--steps", "2", "--precision", precision]
        train("teacher", data, tmp_path / name, *more)
        results.append(weights(tmp_path / name))
    assert same_state(results[0], results[2])
    assert not same_state(results[0], results[1])


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (["--steps", "0"], "--steps: expected 1 to 99999999, got 0"),
        (["--data", "nowhere"], "nowhere: expected demonstrations"),
        (["--teacher", "nowhere"], "nowhere"),
        (["--t-init", "100"], "t_init: expected 0 to 99, got 100"),
    ],
)
def test_bad_input_is_one_line(change, line, data, teacher, tmp_path, capfd):
    command = ["--steps", "2", "--teacher", str(teacher), *change]
    with pytest.raises(SystemExit) as stop:
        train("sds", data, tmp_path / "run", *command)
    assert stop.value.code == 2
    error = capfd.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()  # so the corrected command may have it


def test_a_run_is_not_overwritten(data, teacher, tmp_path, capsys):
    train("teacher", data, tmp_path / "run", "--steps", "1")
    before = weights(tmp_path / "run")
    for more, line in [
        (["--steps", "1"], "pass --resume"),
        (["--steps", "1", "--seed", "1", "--resume"], "seed was 0, now is 1"),
    ]:
        with pytest.raises(SystemExit):
            train("teacher", data, tmp_path / "run", *more)
        assert line in capsys.readouterr().err
    assert same_state(weights(tmp_path / "run"), before)


def test_a_teacher_is_its_content(data, teacher, tmp_path, capsys):
    """The same under another path goes on; another under the same path does not."""
    copy, other = tmp_path / "copy", tmp_path / "other"
    shutil.copytree(teacher, copy)
    more = ["--steps", "2", "--teacher"]
    train("sds", data, tmp_path / "run", *more, str(teacher))
    train("sds", data, tmp_path / "run", *more, str(copy), "--resume")
    notes = json.loads((tmp_path / "run/checkpoint/provenance.json").read_text())
    assert notes["teacher_sha256"] == checkpoint_sha256(copy)
    train("teacher", data, other, "--steps", "1")
    shutil.rmtree(copy)
    shutil.copytree(other / "checkpoint", copy)
    with pytest.raises(SystemExit) as stop:
        train("sds", data, tmp_path / "run", *more, str(copy), "--resume")
    assert stop.value.code == 2
    came = [checkpoint_sha256(folder) for folder in (teacher, copy)]
    line = f"--resume: teacher was {came[0]}, now is {came[1]}"
    assert line in capsys.readouterr().err


def test_a_finished_run_is_made_longer(data, teacher, tmp_path, capsys):
    more = ["--teacher", str(teacher), "--steps"]
    train("sds", data, tmp_path / "run", *more, "2")
    train("sds", data, tmp_path / "run", *more, "5", "--resume")
    assert steps_logged(tmp_path / "run") == [1, 2, 3, 4, 5]
    note = json.loads((tmp_path / "run" / "run.json").read_text())
    assert note["steps"] == 5
    assert note["steps_before"] == [{"steps": 2, "until": 2}]
    notes = json.loads((tmp_path / "run/checkpoint/provenance.json").read_text())
    assert notes["steps_before"] == note["steps_before"]
    with pytest.raises(SystemExit) as stop:
        train("sds", data, tmp_path / "run", *more, "4", "--resume")
    assert stop.value.code == 2
    line = "--steps: expected at least the 5 that are done, got 4"
    assert line in capsys.readouterr().err


@pytest.mark.parametrize("method", ["teacher", "sds", "vdd"])
def test_divergence_stops_at_its_first_step(method, data, teacher, tmp_path, capfd):
    """Weights of 1e6 soon overflow in single precision; the state before remains."""
    more = ["--steps", "30"]
    if method != "teacher":
        more += ["--teacher", str(teacher)]
    with pytest.raises(SystemExit) as stop:
        train(method, data, tmp_path / "run", *more, "--lr", "1e6")
    assert stop.value.code == 2
    error = capfd.readouterr().err
    told = re.search(r"onehop-train: step (\d+): expected finite numbers, got", error)
    assert "try a lower --lr" in error
    states = list((tmp_path / "run").glob("states/step-*/state.safetensors"))
    for file in states:
        assert all(t.isfinite().all() for t in load_file(file).values() if t.dim())
    lines = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert len(lines) <= int(told[1])
    for line in lines:
        json.loads(line, parse_constant=pytest.fail)
    assert not (tmp_path / "run" / "checkpoint").exists()


def test_a_full_disk_is_one_line_and_the_run_goes_on(data, tmp_path, capfd):
    """A limit to the size of files stands for the end of a disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))
    try:
        with pytest.raises(SystemExit) as stop:
            train("teacher", data, tmp_path / "run", "--steps", "2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert stop.value.code == 2
    assert "onehop-train: File too large (os error" in capfd.readouterr().err
    train("teacher", data, tmp_path / "run", "--steps", "2", "--resume")
    assert steps_logged(tmp_path / "run") == [1, 2]


def test_precision_stays_what_auto_came_to(data, tmp_path, monkeypatch):
    """However the two compare when the run is gone on with."""
    for dearer, steps in (("bfloat16", "2"), ("float32", "3")):
        monkeypatch.setattr(
            "onehop_train._precision._seconds",
            lambda kind, device, dearer=dearer: float(str(kind) == f"torch.{dearer}"),
        )
        more = ["--precision", "auto", "--steps", steps, "--resume"]
        train("teacher", data, tmp_path / "run", *more)
    assert json.loads((tmp_path / "run/run.json").read_text())["precision"] == "no"


@pytest.mark.slow
def test_two_processes_share_the_work(data, tmp_path):
    """They hold the same weights (the loop checks), and draw each for itself."""
    # On CPUs the launcher's own --cpu wants MPI; this way it takes gloo.
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    command += ["--num_processes", "2", "--num_machines", "1", "--mixed_precision=no"]
    command += ["--dynamo_backend=no", "--main_process_port=0"]
    command += [str(Path(__file__).with_name("two_processes.py")), str(tmp_path)]
    command += ["teacher", "--data", str(data), "--out", str(tmp_path / "two")]
    command += ["--steps", "2", *SMALL]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ranks = [json.loads((tmp_path / f"rank-{i}.json").read_text()) for i in (0, 1)]
    assert [(r["processes"], r["step"]) for r in ranks] == 2 * [(2, -3.0)]
    batches, noises = zip(*(draw for r in ranks for draw in r["draws"]), strict=True)
    assert len(set(batches)) == len(set(noises)) == 2 * 2
    assert steps_logged(tmp_path / "two") == [1, 2]

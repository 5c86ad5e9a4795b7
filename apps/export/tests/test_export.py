import numpy as np
import pytest
import torch

from onehop_envs import Demonstrations
from onehop_export.__main__ import main
from onehop_methods import load_policy
from onehop_runtime import OnnxPolicy
from onehop_train.__main__ import main as train


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A teacher's and a student's run of two updates."""
    runs = tmp_path_factory.mktemp("runs")
    draw = np.random.default_rng(0)
    keypoints = draw.uniform(0, 512, (24, 20)).astype(np.float32)
    actions = draw.uniform(0, 512, (24, 2)).astype(np.float32)
    data = runs / "demos.safetensors"
    Demonstrations({"keypoints": keypoints}, actions, np.array([14, 24])).save(data)
    how = ["--data", str(data), "--steps", "2", "--batch-size", "8"]
    train(["teacher", *how, "--out", str(runs / "teacher")])
    more = ["--teacher", str(runs / "teacher"), "--out", str(runs / "sds")]
    train(["sds", *how, *more])
    return runs


def test_a_run_becomes_a_file_that_decides_as_its_student(runs, capsys):
    main([str(runs / "sds")])
    file = runs / "sds" / "policy.onnx"
    assert capsys.readouterr().out.strip() == str(file)
    student, written = load_policy(runs / "sds"), OnnxPolicy(file)
    keypoints, noise = 512 * torch.rand(5, 2, 20), torch.randn(5, *student.noise)
    with torch.no_grad():
        expected = student.act({"keypoints": keypoints}, noise).numpy()
    plan = written.act({"keypoints": keypoints.numpy()}, noise.numpy())
    np.testing.assert_allclose(
        plan, expected, rtol=0, atol=1e-5 * np.abs(expected).max()
    )
    assert written.signature == student.signature


def test_a_file_may_decide_more_often(runs, tmp_path):
    main([str(runs / "sds"), "--out", str(tmp_path / "often.onnx"), "--n-action", "2"])
    often = OnnxPolicy(tmp_path / "often.onnx").signature
    assert often.n_action == 2
    assert often == load_policy(runs / "sds", n_action=2).signature


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["{runs}/teacher"], "expected a student of a method"),
        (["{runs}/nowhere"], "expected a checkpoint folder, got nothing"),
        (["{runs}/sds", "--out", "{runs}"], "--out: expected a file"),
        (["{runs}/sds", "--n-action", "0"], "n_action: expected a whole number of 1"),
    ],
)
def test_what_cannot_be_exported_is_one_line(runs, words, line, capsys):
    with pytest.raises(SystemExit) as stop:
        main([word.format(runs=runs) for word in words])
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert line in error
    assert len(error.splitlines()) == 1

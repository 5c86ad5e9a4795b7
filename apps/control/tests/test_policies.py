"""Stored policies: ONNX files without torch, checkpoints with it, the same plans."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from onehop_control import Conditions, Fixed, Stored, Weights, kinematic, pilot_of
from onehop_control import try_out as fly
from onehop_control._contract import SEES
from onehop_control._policies import contents_sha256, load
from onehop_interfaces import BadInput, Signature
from onehop_interfaces.acting import OneCall
from onehop_kinova_driver import AHEAD, Workspace
from onehop_methods import save_policy
from onehop_runtime._policy import FORMAT
from onehop_teachers import (
    DiffusionTeacher,
    Flatten,
    PredictX,
    ResidualMLP,
    SampledPolicy,
    ScaledActions,
    SquaredCosine,
    ddim,
    ddpm,
    save_teacher,
)

SIGNATURE = Signature(dict(SEES), 1, 32, 1, 3)


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), [output], **attributes)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Straight on, a little noise in the middle; made by hand: exporting is slow."""
    kinds = {**SEES, "noise": (3,)}
    inputs = [
        helper.make_tensor_value_info(k, TensorProto.FLOAT, ["b", None, *shape])
        for k, shape in kinds.items()
    ]
    numbers = {
        "way": 0.004 * (AHEAD + np.arange(32, dtype=np.float32))[:, None],
        "least": np.float32(1e-6),
        "one": np.float32(1.0),
        "little": np.float32(1e-3),
        "last": np.array([-1]),
    }
    nodes = [
        node("Identity", "position", "here"),
        node("Sub", "goal here", "to"),
        node("ReduceL2", "to last", "long", keepdims=1),
        node("Max", "long least", "left"),
        node("Div", "way left", "part"),
        node("Min", "part one", "share"),
        node("Sub", "one share", "rest"),
        node("Mul", "share rest", "middle"),
        node("Mul", "middle noise", "aside"),
        node("Mul", "aside little", "bit"),
        node("Mul", "share to", "on"),
        node("Add", "here on", "line"),
        node("Add", "line bit", "plan"),
    ]
    plan = helper.make_tensor_value_info("plan", TensorProto.FLOAT, ["b", 32, 3])
    given = [numpy_helper.from_array(np.asarray(v), k) for k, v in numbers.items()]
    graph = helper.make_graph(nodes, "go", inputs, [plan], given)
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    about = {**FORMAT, "nfe": 1, "noise": [32, 3], "signature": SIGNATURE.to_json()}
    helper.set_model_props(model, {"onehop": json.dumps(about)})
    path = tmp_path_factory.mktemp("files") / "go.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def teacher():
    torch.manual_seed(0)
    encoder = Flatten(SEES, n_obs=1)
    net = ResidualMLP(32, 3, encoder.cond_dim, width=16, blocks=1, time_dim=16)
    teacher = DiffusionTeacher(
        SIGNATURE, SquaredCosine(steps=6), PredictX(), net, encoder, ScaledActions(3)
    )
    obs = {name: torch.randn(64, 1, *shape) for name, shape in SEES.items()}
    return teacher.fit(obs, torch.randn(64, 32, 3)).eval()


@pytest.fixture(scope="module")
def folders(teacher, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    save_teacher(folder / "teacher", teacher, {})
    save_policy(folder / "student", OneCall(teacher), "sds", teacher, {})
    return folder


def asked(n=3):
    rng = np.random.default_rng(0)
    return {k: rng.standard_normal((n, 1, *s), np.float32) for k, s in SEES.items()}


def test_an_exported_student_flies(file, close):
    pilot = pilot_of(Stored(file, candidates=8), close, 3, Weights(), Workspace())
    given = Conditions(kinematic, pace=Fixed(0.01))
    trial = fly(pilot, close, given)
    assert trial.outcome.success
    again = fly(pilot, close, given)
    assert again.outcome == trial.outcome


def test_it_flies_without_torch(file):
    """In a process of its own, in which torch cannot be imported."""
    code = f"""
import sys
sys.modules["torch"] = None
from pathlib import Path
import onehop_control.__main__
from onehop_control._policies import load
print(load(Path({str(file)!r})).noise)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "(32, 3)", done.stderr


def test_without_torch_a_checkpoint_says_what_to_install(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "onehop_teachers", None)
    with pytest.raises(BadInput, match=r"pip install onehop-control\[torch\]"):
        load(folders / "teacher")


@pytest.mark.parametrize(("steps", "sampler"), [(None, ddpm), (2, ddim)])
def test_a_teacher_is_sampled_as_asked(folders, teacher, steps, sampler):
    policy = load(folders / "teacher", steps=steps)
    expected = SampledPolicy(teacher, sampler, steps or 6)
    obs = asked()
    noise = np.random.default_rng(1).standard_normal((3, *policy.noise), np.float32)
    assert policy.noise == expected.noise
    with torch.no_grad():
        tensors = {k: torch.from_numpy(v) for k, v in obs.items()}
        plans = expected.act(tensors, torch.from_numpy(noise)).numpy()
    np.testing.assert_allclose(policy.act(obs, noise), plans, atol=1e-5)


def test_a_student_is_one_call(folders, teacher):
    policy = load(folders / "student")
    noise = np.random.default_rng(1).standard_normal((3, 32, 3), np.float32)
    obs = asked()
    with torch.no_grad():
        tensors = {k: torch.from_numpy(v) for k, v in obs.items()}
        plans = OneCall(teacher).act(tensors, torch.from_numpy(noise)).numpy()
    np.testing.assert_allclose(policy.act(obs, noise), plans, atol=1e-5)


def test_names_and_identities(file, folders):
    assert Stored(file).name == "go"
    assert Stored(folders / "teacher").name == "teacher"
    hashes = [contents_sha256(p) for p in (file, *sorted(folders.iterdir()))]
    assert len(set(hashes)) == 3
    assert len({Stored(file, threads=n).identity for n in (1, 2)}) == 2


def test_a_policy_of_another_task_is_refused(tmp_path, teacher):
    signature = Signature({"state": (5,)}, 1, 32, 1, 3)
    encoder = Flatten({"state": (5,)}, n_obs=1)
    net = ResidualMLP(32, 3, encoder.cond_dim, width=16, blocks=1, time_dim=16)
    other = DiffusionTeacher(
        signature, SquaredCosine(steps=6), PredictX(), net, encoder, ScaledActions(3)
    ).fit({"state": torch.randn(64, 1, 5)}, torch.randn(64, 32, 3))
    save_teacher(tmp_path / "other", other, {})
    with pytest.raises(BadInput, match="other: observations: expected"):
        load(tmp_path / "other")


def test_what_is_no_policy_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_text("none")
    (tmp_path / "empty").mkdir()
    for path in tmp_path.iterdir():
        with pytest.raises(BadInput, match=path.name):
            load(path)

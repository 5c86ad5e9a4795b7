"""Files against the policies that they were made from."""

import json
import logging
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from onehop_interfaces import BadInput, Signature
from onehop_runtime import OnnxPolicy, decide
from onehop_runtime.export import export_onnx


@pytest.mark.parametrize("batch", [1, 2, 64])
def test_a_file_says_what_its_policy_says(student, file, batch):
    draw = torch.Generator().manual_seed(batch)
    state = torch.randn(batch, 1, 2, generator=draw)
    noise = torch.randn(batch, 3, 2, generator=draw)
    with torch.no_grad():
        expected = student.act({"state": state}, noise).numpy()
    plan = OnnxPolicy(file).act({"state": state.numpy()}, noise.numpy())
    most = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(plan, expected, rtol=0, atol=most)


def test_it_is_a_policy(student, file):
    policy = OnnxPolicy(file, threads=2)
    assert policy.signature == student.signature
    assert (policy.nfe, policy.noise) == (1, (3, 2))
    obs = {"state": np.zeros((4, 1, 2))}
    plans = [decide(policy, obs, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert plans[0].shape == (4, 3, 2)
    assert plans[0].dtype == np.float32
    np.testing.assert_array_equal(plans[0], plans[1])
    assert not np.isclose(plans[0], plans[2]).any()
    with pytest.raises(BadInput, match="state"):
        decide(policy, {"state": np.full((4, 1, 2), np.nan)}, np.random.default_rng(0))


def test_it_needs_no_torch(file):
    """In a process of its own, in which torch cannot be imported."""
    code = f"""
import sys
sys.modules["torch"] = None
import numpy as np
from onehop_runtime import OnnxPolicy, decide
policy = OnnxPolicy({str(file)!r})
plan = decide(policy, {{"state": np.zeros((2, 1, 2))}}, np.random.default_rng(0))
print(policy.signature.due(plan).shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "(2, 3, 2)", done.stderr


class Seeing(nn.Module):
    """Looks at pictures, as bytes, and at a number."""

    nfe, noise = 1, (2,)
    signature = Signature({"image": (4, 4, 3), "number": ()}, 2, 2, 1, 1)

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(2 * 4 * 4 * 3 + 2, 2)

    def act(self, obs, noise):
        seen = obs["image"].flatten(1) / 255
        features = torch.cat([seen, obs["number"].flatten(1)], 1)
        return (self.layer(features) + noise)[..., None]


def test_a_file_is_written_quietly(tmp_path, caplog):
    log = logging.getLogger("torch.onnx")
    log.addHandler(caplog.handler)
    try:
        export_onnx(Seeing().eval(), tmp_path / "p.onnx", {"image": torch.uint8})
    finally:
        log.removeHandler(caplog.handler)
    assert not [said for said in caplog.records if said.name.startswith(log.name)]


def test_pictures_go_in_as_bytes(tmp_path):
    policy = Seeing().eval()
    file = export_onnx(policy, tmp_path / "p.onnx", {"image": torch.uint8})
    draw = np.random.default_rng(0)
    image = draw.integers(0, 256, (5, 2, 4, 4, 3), np.uint8)
    number, noise = draw.normal(size=(5, 2)), draw.normal(size=(5, 2))
    plan = OnnxPolicy(file).act({"image": image, "number": number}, noise)
    given = (torch.from_numpy(a).float() for a in (number, noise))
    obs = {"image": torch.from_numpy(image), "number": next(given)}
    with torch.no_grad():
        expected = policy.act(obs, next(given)).numpy()
    np.testing.assert_allclose(plan, expected, rtol=1e-5, atol=1e-5)


class Forgetful(Seeing):
    """Decides by what it once saw: a tracer takes that for a constant."""

    def act(self, obs, noise):
        return super().act(obs, noise) + float(torch.rand(()))


def test_a_file_that_says_something_else_is_not_kept(tmp_path):
    with pytest.raises(BadInput, match="export: expected the policy's plans"):
        export_onnx(Forgetful().eval(), tmp_path / "p.onnx", {"image": torch.uint8})
    assert not list(tmp_path.iterdir())


def damaged(file, **changes):
    model = onnx.load(file)
    (about,) = (p for p in model.metadata_props if p.key == "onehop")
    about.value = json.dumps({**json.loads(about.value), **changes})
    return model


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"format": "other"}, "expected {'format': 'onehop-onnx'"),
        ({"nfe": -1}, "nfe: expected a whole number"),
        ({"noise": ["3", 2]}, "noise: expected a whole number"),
        ({"signature": {"obs": 3}}, "signature: expected"),
        ({"speed": 1}, "metadata: expected"),
    ],
)
def test_foreign_metadata_are_refused(file, tmp_path, changes, line):
    onnx.save(damaged(file, **changes), tmp_path / "p.onnx")
    with pytest.raises(BadInput, match=line):
        OnnxPolicy(tmp_path / "p.onnx")


def test_other_files_are_refused(file, tmp_path):
    path = tmp_path / "p.onnx"
    for content in (b"", b"x" * 999, file.read_bytes()[:500]):
        path.write_bytes(content)
        with pytest.raises(BadInput, match=r"p\.onnx"):
            OnnxPolicy(path)
    with pytest.raises(BadInput, match="nowhere"):
        OnnxPolicy(tmp_path / "nowhere")

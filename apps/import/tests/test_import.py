"""The command, and what is refused."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from onehop_envs import Demonstrations
from onehop_export.__main__ import main as export
from onehop_import import from_diffusion_policy, from_lerobot
from onehop_import.__main__ import main
from onehop_interfaces import BadInput
from onehop_teachers import (
    LinearBetas,
    ScaledLinearBetas,
    SigmoidBetas,
    load_teacher,
)
from onehop_train.__main__ import main as train

WITHOUT_TORCH = """
import sys
import numpy as np
from onehop_runtime import OnnxPolicy
policy = OnnxPolicy(sys.argv[1])
obs = {k: np.zeros((3, 2, *s), np.float32) for k, s in policy.signature.obs.items()}
plan = policy.act(obs, np.zeros((3, *policy.noise), np.float32))
assert plan.shape == (3, 16, 2) and np.isfinite(plan).all()
assert "torch" not in sys.modules
"""


def test_from_lerobot_to_a_robot_without_torch(golden, tmp_path):
    folder, _ = golden("lerobot_state")
    teacher = tmp_path / "teacher"
    main(["lerobot", str(folder), "--out", str(teacher)])
    data = tmp_path / "demos.safetensors"
    made_up(load_teacher(teacher)).save(data)
    student = ["--out", str(tmp_path / "sds"), "--steps", "20", "--batch-size", "4"]
    train(["sds", "--teacher", str(teacher), "--data", str(data), *student])
    export([str(tmp_path / "sds")])
    file = tmp_path / "sds" / "policy.onnx"
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH, str(file)], check=True)


def made_up(teacher):
    """Sixty steps within what the teacher's statistics expect."""
    draw = np.random.default_rng(0)

    def like(standardise):
        mean, std = standardise.mean.numpy(), standardise.std.numpy()
        values = mean + std * draw.uniform(-1, 1, (60, len(mean)))
        return values.astype(np.float32)

    encoders = teacher.encoder.encoder.encoders.values()
    names = teacher.signature.obs
    obs = {n: like(e.standardise) for n, e in zip(names, encoders, strict=True)}
    actions = like(teacher.actions.standardise)
    return Demonstrations(obs, actions, np.array([30, 60]))


def changed(folder, tmp_path, **settings):
    """A copy of a policy, its settings changed."""
    policy = tmp_path / "policy"
    shutil.copytree(folder / "pretrained_model", policy, copy_function=shutil.copyfile)
    path = policy / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))
    return policy


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"type": "act"}, "type: expected 'diffusion', got 'act'"),
        ({"beta_schedule": "exp"}, "beta_schedule: expected one of .*, got 'exp'"),
        ({"beta_schedule": "linear", "beta_end": 1}, "expected 0 < beta_start"),
        ({"prediction_type": "flow"}, "prediction_type: expected one of .*epsilon"),
        ({"clip_sample": None}, "clip_sample: expected True or False, got None"),
        ({"n_action_steps": 16}, "n_action"),
        ({"n_obs_steps": 0}, "n_obs_steps: expected a whole number"),
        ({"horizon": 18}, "UNet1D.horizon: expected a multiple of 4"),
        ({"normalization_mapping": {"ACTION": "QUANTILES"}}, "one of MIN_MAX"),
        ({"normalization_mapping": {}}, "expected normalised actions"),
        (
            {"input_features": {"observation.depth": {"type": "DEPTH", "shape": [3]}}},
            "alone to be seen, got 'observation.depth'",
        ),
    ],
)
def test_policies_that_are_not_known_are_one_line(settings, line, golden, tmp_path):
    policy = changed(golden("lerobot_state")[0], tmp_path, **settings)
    with pytest.raises(BadInput, match=line) as error:
        from_lerobot(policy)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("betas", "schedule"),
    [
        ("linear", LinearBetas),
        ("scaled_linear", ScaledLinearBetas),
        ("sigmoid", SigmoidBetas),
    ],
)
def test_other_betas(betas, schedule, golden, tmp_path):
    """Read, written and read again; their levels are tested where they are made."""
    ends = {"beta_start": 0.001, "beta_end": 0.05}
    policy = changed(golden("lerobot_state")[0], tmp_path, beta_schedule=betas, **ends)
    main(["lerobot", str(policy), "--out", str(tmp_path / "teacher")])
    assert load_teacher(tmp_path / "teacher").schedule == schedule(100, 0.001, 0.05)


def test_another_backbone_is_refused(golden, tmp_path):
    folder, _ = golden("lerobot_old")
    policy = changed(folder, tmp_path, vision_backbone="resnet50")
    with pytest.raises(BadInput, match="expected 'resnet18', got 'resnet50'"):
        from_lerobot(policy)


def test_statistics_that_were_never_set_are_refused(golden, tmp_path):
    policy = changed(golden("lerobot_old")[0], tmp_path)
    tensors = load_file(policy / "model.safetensors")
    tensors["normalize_inputs.buffer_observation_state.max"].fill_(torch.inf)
    save_file(tensors, policy / "model.safetensors")
    with pytest.raises(BadInput, match="never set"):
        from_lerobot(policy)


def test_two_normalisations_of_actions_are_refused(golden, tmp_path):
    policy = changed(golden("lerobot_old")[0], tmp_path)
    tensors = load_file(policy / "model.safetensors")
    tensors["normalize_targets.buffer_action.max"] += 1
    save_file(tensors, policy / "model.safetensors")
    with pytest.raises(BadInput, match="expected one normalisation of actions"):
        from_lerobot(policy)


def test_names_of_features_by_themselves(golden, tmp_path):
    """The oldest layout: shapes and normalisations by the features' names."""
    folder, _ = golden("lerobot_old")
    policy = changed(folder, tmp_path)
    config = json.loads((policy / "config.json").read_text())
    seen, done = config.pop("input_features"), config.pop("output_features")
    modes = {"observation.image": "mean_std", "observation.state": "min_max"}
    config |= {
        "input_shapes": {name: feature["shape"] for name, feature in seen.items()},
        "output_shapes": {name: feature["shape"] for name, feature in done.items()},
        "input_normalization_modes": modes,
        "output_normalization_modes": {"action": "min_max"},
    }
    del config["type"], config["normalization_mapping"]
    (policy / "config.json").write_text(json.dumps(config))
    found, expected = from_lerobot(policy), from_lerobot(folder)
    assert found.config() == expected.config()
    for name, tensor in expected.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], tensor)


def ckpt(path, content):
    torch.save(content, path)
    return path


class Evil:
    def __reduce__(self):
        return print, ("called",)


def test_nothing_of_a_file_is_called(tmp_path, capsys):
    path = ckpt(tmp_path / "evil.ckpt", {"cfg": Evil()})
    with pytest.raises(BadInput, match=r"got a call of (builtins|__builtin__).print"):
        from_diffusion_policy(path)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({}, "expected a checkpoint of Diffusion Policy"),
        ([1], "expected a checkpoint of Diffusion Policy"),
        (
            {"cfg": {"policy": {"_target_": "a.DiffusionTransformerLowdimPolicy"}}},
            "got DiffusionTransformerLowdimPolicy",
        ),
        (
            {"cfg": {"policy": {"_target_": "DiffusionUnetLowdimPolicy"}}},
            "expected weights 'model', got none",
        ),
        (
            {
                "cfg": {"policy": {"_target_": "DiffusionUnetLowdimPolicy"}},
                "state_dicts": {"model": OrderedDict(a=torch.zeros(2))},
            },
            "obs_as_global_cond: expected True",
        ),
    ],
)
def test_other_files_of_torch_are_one_line(content, line, tmp_path):
    path = ckpt(tmp_path / "other.ckpt", content)
    with pytest.raises(BadInput, match=line) as error:
        from_diffusion_policy(path)
    assert str(error.value).startswith(f"{path}")


def test_a_tensor_within_its_storage_alone(tmp_path):
    """A view that leaves its storage would read what is beside it."""
    path = ckpt(tmp_path / "a.ckpt", {"a": torch.arange(4.0)})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (name,) = (name for name in members if name.endswith("data.pkl"))
    size, larger = b"K\x04\x85", b"K\x40\x85"
    assert size in members[name]
    members[name] = members[name].replace(size, larger)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(BadInput, match=r"expected a file of torch\.save"):
        from_diffusion_policy(path)


def test_a_bad_file_ends_the_command_with_one_line(tmp_path, capsys):
    path = tmp_path / "no.ckpt"
    path.write_bytes(b"no")
    with pytest.raises(SystemExit) as stop:
        main(["diffusion-policy", str(path), "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()

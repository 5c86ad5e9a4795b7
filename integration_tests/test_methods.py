"""Every method of the commands: trained, saved, read back, and acting."""

import numpy as np
import pytest
import torch

from onehop_envs import Demonstrations
from onehop_evaluate import Use, entries_of
from onehop_interfaces.testing import check_policy
from onehop_methods import METHODS
from onehop_train.__main__ import main


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two short episodes of noise in Push-T's shapes."""
    draw = np.random.default_rng(0)
    keypoints = draw.uniform(0, 512, (24, 20)).astype(np.float32)
    actions = draw.uniform(0, 512, (24, 2)).astype(np.float32)
    path = tmp_path_factory.mktemp("data") / "demos.safetensors"
    Demonstrations({"keypoints": keypoints}, actions, np.array([14, 24])).save(path)
    return path


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("teacher") / "run"
    main(["teacher", "--data", str(data), "--out", str(out), "--steps", "2"])
    return out / "checkpoint"


@pytest.mark.parametrize("method", METHODS)
def test_from_training_to_acting(method, data, teacher, tmp_path):
    out = tmp_path / "run"
    words = ["--data", str(data), "--teacher", str(teacher), "--out", str(out)]
    main([method, *words, "--steps", "2", "--batch-size", "8"])
    use = Use(torch.device("cpu"))
    *_, entry = entries_of(teacher, [out / "checkpoint"], use)
    assert entry.student
    assert entry.policy.nfe == {"mip": 2}.get(method, 1)
    obs = {"keypoints": 512 * torch.rand(3, 2, 20)}
    check_policy(entry.policy, obs)

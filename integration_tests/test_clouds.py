"""Every method from a teacher of point clouds: frozen encoder, and learning to see."""

import numpy as np
import pytest
import torch

from onehop_envs import Demonstrations
from onehop_interfaces.acting import decide
from onehop_interfaces.testing import check_policy
from onehop_methods import METHODS, load_policy
from onehop_teachers import cloud_teacher, load_teacher, save_teacher
from onehop_train.__main__ import main

EVERY_UPDATE = {"sdm": ["--period", "1"]}


@pytest.fixture(scope="module")
def demonstrations():
    """Two short episodes of clouds in half precision; one action never changes."""
    draw = np.random.default_rng(0)
    cloud = draw.normal((0.5, 0.1, 0.2), 0.1, (24, 32, 3)).astype(np.float16)
    agent = draw.normal(size=(24, 9)).astype(np.float32)
    actions = draw.normal(size=(24, 4)).astype(np.float32)
    actions[:, 3] = 0.25
    obs = {"point_cloud": cloud, "agent_pos": agent}
    return Demonstrations(obs, actions, np.array([14, 24]))


@pytest.fixture(scope="module")
def data(demonstrations, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "clouds.safetensors"
    demonstrations.save(path)
    return path


def windows(demonstrations, rows=slice(None)):
    seen, done = demonstrations.window_rows(2, 4, 0)
    obs = {
        name: torch.from_numpy(np.asarray(array)[seen[rows]])
        for name, array in demonstrations.obs.items()
    }
    return obs, torch.from_numpy(demonstrations.actions[done[rows]])


@pytest.fixture(scope="module")
def teacher(demonstrations, tmp_path_factory):
    torch.manual_seed(0)
    obs, actions = windows(demonstrations)
    folder = tmp_path_factory.mktemp("teacher") / "checkpoint"
    save_teacher(folder, cloud_teacher(9, 4, points=32).fit(obs, actions), {})
    return folder


@pytest.mark.parametrize("learns", [False, True], ids=["frozen", "learns to see"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_from_clouds(
    method, learns, demonstrations, data, teacher, tmp_path
):
    words = ["--data", str(data), "--teacher", str(teacher), "--out", str(tmp_path)]
    words += ["--steps", "2", "--batch-size", "8", *EVERY_UPDATE.get(method, [])]
    main([method, *words, *(["--train-encoder"] if learns else [])])
    policy = load_policy(tmp_path / "checkpoint")
    obs, _ = windows(demonstrations, slice(3))
    plan = decide(policy, obs, torch.Generator().manual_seed(0))
    assert plan.shape == (3, 4, 4)
    assert bool((plan[..., 3] == 0.25).all()), "what never changed stays"
    cond, taught = policy.spaces.encode(obs), load_teacher(teacher).encode(obs)
    assert torch.equal(cond, taught) != learns
    if method == "sdm":
        check_policy(policy, {name: value.float() for name, value in obs.items()})


def test_conditions_of_clouds_are_what_the_teacher_sees(
    demonstrations, data, teacher, tmp_path
):
    out = tmp_path / "conditions.safetensors"
    words = ["--teacher", str(teacher), "--data", str(data), "--out", str(out)]
    main(["conditions", *words])
    obs, _ = windows(demonstrations)
    found = torch.from_numpy(np.asarray(Demonstrations.load(out).obs["cond"]))
    torch.testing.assert_close(found, load_teacher(teacher).encode(obs))

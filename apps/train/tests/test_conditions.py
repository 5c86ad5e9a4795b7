"""What a frozen encoder makes of pictures, written once, and students of it."""

import numpy as np
import pytest
import torch

from onehop_envs import Demonstrations, PushTPlanner, demonstrate, with_pictures
from onehop_interfaces.acting import decide
from onehop_methods import load_policy
from onehop_teachers import load_teacher
from onehop_train.__main__ import main

START = (200.0, 300.0, 250.0, 250.0, 1.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two short episodes of Push-T, drawn."""
    starts = START, (300.0, 100.0, 220.0, 260.0, 2.0)
    parts = [
        demonstrate(start, PushTPlanner(0), 9 + i) for i, start in enumerate(starts)
    ]
    path = tmp_path_factory.mktemp("pictures") / "pictures.safetensors"
    with_pictures(Demonstrations.concatenate(parts)).save(path)
    return path


def train(*words):
    main([str(word) for word in words])


def few(out, steps=2):
    return "--out", out, "--steps", steps, "--batch-size", 4


@pytest.fixture(scope="module")
def teacher(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("teacher") / "teacher"
    task = "--task", "pusht-pixels", "--draws", 2
    train("teacher", *task, "--data", pictures, *few(out))
    return out


@pytest.fixture(scope="module")
def conditions(pictures, teacher, tmp_path_factory):
    out = tmp_path_factory.mktemp("conditions") / "conditions.safetensors"
    train("conditions", "--teacher", teacher, "--data", pictures, "--out", out)
    return out


def test_they_are_what_the_teacher_encodes(pictures, teacher, conditions):
    made, seen = Demonstrations.load(conditions), Demonstrations.load(pictures)
    assert set(made.obs) == {"cond", "agent_pos"}  # actions are relative to the agent
    np.testing.assert_array_equal(made.actions, seen.actions)
    windows = seen.windows(n_obs=2, horizon=16)
    obs = {name: torch.from_numpy(array) for name, array in windows.obs.items()}
    with torch.no_grad():
        expected = load_teacher(teacher).encode(obs)
    torch.testing.assert_close(torch.from_numpy(made.obs["cond"]), expected)


@pytest.mark.parametrize("method", ["sds", "sdm", "regression"])
def test_students_of_them_are_those_of_the_pictures(
    method, pictures, teacher, conditions, tmp_path
):
    for name, data in (("seen", pictures), ("known", conditions)):
        train(method, "--teacher", teacher, "--data", data, *few(tmp_path / name, 3))
    seen, known = (load_policy(tmp_path / name) for name in ("seen", "known"))
    assert known.signature == seen.signature
    for (name, a), b in zip(
        known.state_dict().items(), seen.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5, msg=name)
    obs = {
        "image": torch.zeros(1, 2, 96, 96, 3, dtype=torch.uint8),
        "agent_pos": torch.full((1, 2, 2), 256.0),
    }
    assert decide(known, obs).shape == (1, 16, 2)


def test_pairs_are_written_of_them(teacher, conditions, tmp_path):
    asked = "--teacher", teacher, "--data", conditions
    sizes = "--count", 8, "--shard-size", 8, "--teacher-steps", 2
    train("pairs", *asked, "--out", tmp_path / "pairs", *sizes)
    train("dnk", *asked, "--pairs", tmp_path / "pairs", *few(tmp_path / "dnk"))
    assert load_policy(tmp_path / "dnk").signature == load_teacher(teacher).signature


def test_those_of_another_teacher_are_refused(pictures, conditions, tmp_path, capsys):
    task = "--task", "pusht-pixels", "--seed", 1
    train("teacher", *task, "--data", pictures, *few(tmp_path / "other"))
    other = "--teacher", tmp_path / "other"
    with pytest.raises(SystemExit):
        train("sds", *other, "--data", conditions, *few(tmp_path / "student"))
    assert "expected conditions of the teacher" in capsys.readouterr().err
    assert not (tmp_path / "student").exists()


def test_an_encoder_cannot_learn_from_them(teacher, conditions, tmp_path, capsys):
    asked = "--teacher", teacher, "--data", conditions, "--train-encoder"
    with pytest.raises(SystemExit):
        train("sds", *asked, *few(tmp_path / "student"))
    assert "--train-encoder: expected --data that" in capsys.readouterr().err


def test_pictures_are_cut_at_random_while_learning(pictures, tmp_path, capsys):
    task = "--task", "pusht-pixels", "--crop", 88
    train("teacher", *task, "--data", pictures, "--mirror", *few(tmp_path / "t"))
    encoder = load_teacher(tmp_path / "t").encoder.encoders["picture"].encoder
    assert encoder.crop == (88, 88)
    with pytest.raises(SystemExit):
        train("teacher", "--crop", 88, "--data", pictures, *few(tmp_path / "none"))
    assert "--crop: expected a task of pictures" in capsys.readouterr().err

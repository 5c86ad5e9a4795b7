"""Likeness of actions, against a teacher whose every answer is known."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from onehop_envs import Demonstrations
from onehop_evaluate import carried_out, likeness
from onehop_interfaces import BadInput
from onehop_interfaces.acting import OneCall
from onehop_interfaces.exact import DiscreteVP, gaussian_teacher
from onehop_methods import save_policy
from onehop_teachers import SampledPolicy, cloud_teacher, ddim, save_teacher

CPU = torch.device("cpu")
SCRIPT = Path(__file__).parents[1] / "benchmarks" / "action_error.py"


def drawn(n, k=12, seed=0):
    """Draws (n, k, 6) of N(0, 1)."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(n, k, 6, generator=draw, dtype=torch.double)


def test_the_teacher_is_like_itself():
    theirs = drawn(400)
    found = likeness(theirs, theirs)
    assert found.error == 0
    # Two draws of six numbers are about 1.4 apart; over 400 x 6 of them, .01 is left.
    assert abs(found.distance) < 0.02
    others = likeness(drawn(400, seed=1), theirs)
    assert others.error == pytest.approx(2**0.5, rel=0.02)
    assert abs(others.distance) < 0.02
    assert others.bias < 0.1
    assert others.spread == pytest.approx(1, abs=0.02)


def test_error_and_distance_are_those_of_the_formulas():
    ours, theirs = 2 + 0.5 * drawn(3, seed=1), drawn(3)

    def apart(a, b):
        return np.array([[np.sqrt(((x - y) ** 2).mean()) for y in b] for x in a])

    distances = []
    for a, b in zip(ours.numpy(), theirs.numpy(), strict=True):
        for one, other in ((a[:6], b[6:]), (a[6:], b[:6])):
            within = (apart(one, one).sum() + apart(other, other).sum()) / 30
            distances.append(2 * apart(one, other).mean() - within)
    found = likeness(ours, theirs)
    assert found.distance == pytest.approx(np.mean(distances))
    squares = (ours - theirs).numpy() ** 2
    assert found.error == pytest.approx(squares.mean() ** 0.5)


def test_bias_and_spread_are_those_that_were_given():
    found = likeness(0.3 + 0.5 * drawn(400, seed=1), drawn(400))
    assert found.bias == pytest.approx(0.3, abs=0.02)
    assert found.spread == pytest.approx(0.5, rel=0.02)


def test_too_few_draws_are_refused():
    with pytest.raises(BadInput, match="draws: expected at least 4, got 3"):
        likeness(drawn(2, k=3), drawn(2, k=3))


def test_one_call_of_an_exact_teacher_is_less_spread_than_its_steps():
    """It is the mean: the error is the spread that is missing, the distance as well."""
    cov = torch.diag(torch.tensor([0.16, 0.25]))
    teacher = gaussian_teacher(
        torch.zeros(2), torch.ones(2, 1), cov, schedule=DiscreteVP(), scale=3.0
    )
    std = 3 * torch.tensor([0.4, 0.5])
    obs = {"state": np.linspace(-1, 1, 40, dtype=np.float32)[:, None, None]}
    theirs = carried_out(SampledPolicy(teacher, ddim, 100), obs, std, CPU, 64)
    assert theirs.shape == (40, 64, 2)
    centred = theirs - theirs.mean(1, keepdim=True)
    assert float(centred.std()) == pytest.approx(1, abs=0.05)
    again = carried_out(SampledPolicy(teacher, ddim, 100), obs, std, CPU, 64)
    assert likeness(again, theirs).error == 0
    found = likeness(carried_out(OneCall(teacher), obs, std, CPU, 64), theirs)
    assert found.error == pytest.approx(1, abs=0.1)
    assert found.distance > 0.2
    assert found.spread == pytest.approx(0, abs=0.05)


def test_actions_that_never_change_are_left_out():
    teacher = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))
    obs = {"state": np.ones((3, 1, 1), np.float32)}
    std = torch.tensor([1.0, 0.0])
    found = carried_out(OneCall(teacher), obs, std, CPU, 5)
    assert found.shape == (3, 5, 1)


def test_the_command_compares_students_with_their_teacher(tmp_path, capsys):
    draw = np.random.default_rng(0)
    obs = {
        "point_cloud": draw.normal(size=(30, 16, 3)).astype(np.float16),
        "agent_pos": draw.normal(size=(30, 5)).astype(np.float32),
    }
    actions = draw.normal(size=(30, 2)).astype(np.float32)
    demonstrations = Demonstrations(obs, actions, np.array([14, 30]))
    demonstrations.save(tmp_path / "data.safetensors")
    seen, done = demonstrations.window_rows(2, 4)
    torch.manual_seed(0)
    teacher = cloud_teacher(5, 2, points=16).fit(
        {name: torch.from_numpy(array[seen]) for name, array in obs.items()},
        torch.from_numpy(actions[done]),
    )
    save_teacher(tmp_path / "teacher", teacher, {})
    save_policy(tmp_path / "student", OneCall(teacher), "sds", teacher, {})
    spec = importlib.util.spec_from_file_location("action_error", SCRIPT)
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    folders = tmp_path / "teacher", (tmp_path / "student",)
    command.main(*folders, tmp_path / "data.safetensors", 10, 4, 20)
    lines = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert lines[0][1] == "error against 20 steps"
    _, one, student, other = ((name.strip("| "), *row) for name, *row in lines[1:])
    assert one[0] == "one step"
    assert student[1:] == one[1:], "this student is its teacher's single step"
    assert other[0] == "other noise"
    assert float(one[1]) > 0

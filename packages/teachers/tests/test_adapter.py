"""What an adapted network does beyond its denoiser: types, weights, files, losses."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from onehop_interfaces import BadInput, Obs, Signature
from onehop_interfaces.acting import decide
from onehop_interfaces.testing import random_obs
from onehop_teachers import (
    Convention,
    DiffusionTeacher,
    Flow,
    SampledPolicy,
    diffusers_convention,
    euler,
    flow_convention,
    flow_grid,
    foreign_teacher,
    load_teacher,
    save_teacher,
)

TABLE = {
    "num_train_timesteps": 4,
    "trained_betas": [0.1, 0.2, 0.3, 0.4],
    "clip_sample": True,
}


def state(obs: Obs) -> Tensor:
    return obs["state"].flatten(1)


class Linear(nn.Module):
    """A network of few weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8 + 1 + 6, 8)

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        return self.layer(torch.cat([x_t.flatten(1), t[:, None], cond], 1)).view_as(x_t)


class Seeing(nn.Module):
    """An encoder with weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, obs: Obs) -> Tensor:
        return self.layer(obs["state"].flatten(1))


SIGNATURE = Signature({"state": (3,)}, 2, 4, 2, 2, now=1)


def adapt(
    convention: Convention, encode: Callable[[Obs], Tensor] = state
) -> DiffusionTeacher:
    return foreign_teacher(Linear(), convention, SIGNATURE, encode)


@pytest.mark.parametrize("encode", [state, Seeing()])
def test_doubles_and_plans_from_the_first_frame(
    encode: Callable[[Obs], Tensor],
) -> None:
    teacher = adapt(flow_convention(1), encode)
    obs = {"state": torch.randn(1, 2, 3, dtype=torch.float64)}
    policy = SampledPolicy(teacher, euler, 3, flow_grid)
    plan = decide(policy, obs)
    assert plan.dtype == torch.float32
    assert_close(policy.signature.due(plan), plan[:, 1:3], rtol=0, atol=0)


def test_weights_go_with_the_teacher() -> None:
    teacher = adapt(flow_convention(0), Seeing())
    assert not teacher.training
    twin = copy.deepcopy(teacher).double()
    assert {p.dtype for p in twin.parameters()} == {torch.float64}
    assert {p.dtype for p in teacher.parameters()} == {torch.float32}
    assert len(list(teacher.spaces.parameters())) == 2, "the encoder's"


@pytest.mark.parametrize("noise_at", [0, 1])
def test_they_can_learn_on_by_the_loss_of_flow_matching(noise_at: int) -> None:
    teacher = adapt(flow_convention(noise_at))
    torch.manual_seed(0)
    x, eps = torch.randn(2, 5, 4, 2)
    t, cond = torch.linspace(0.1, 0.9, 5), torch.randn(5, 6)
    x_t = (1 - t[:, None, None]) * x + t[:, None, None] * eps
    # By the other project's own words, at its own time.
    v = teacher.net.net(x_t, t if noise_at else 1 - t, cond)
    slope = eps - x if noise_at else x - eps
    expected = (v - slope).square().mean((1, 2))
    assert_close(teacher.loss(x, eps, t, cond), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "convention",
    [flow_convention(0), flow_convention(1, 1e3), diffusers_convention(TABLE)],
)
def test_a_teacher_of_modules_can_be_saved(
    tmp_path: Path, convention: Convention
) -> None:
    teacher = adapt(convention, Seeing())
    save_teacher(tmp_path / "teacher", teacher, {})
    again = load_teacher(tmp_path / "teacher", (Linear, Seeing))
    obs = random_obs(SIGNATURE, 2)
    t, x_t = torch.full((2,), teacher.schedule.domain.t_max), torch.randn(2, 4, 2)
    expected = teacher(x_t, t, teacher.encode(obs))
    assert_close(again(x_t, t, again.encode(obs)), expected, rtol=0, atol=0)


def test_a_teacher_of_functions_cannot(tmp_path: Path) -> None:
    teacher = adapt(flow_convention(1), state)
    with pytest.raises(
        BadInput, match="expected a module to write, got the function state"
    ):
        save_teacher(tmp_path / "teacher", teacher, {})


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: adapt(flow_convention(2)), "noise_at: expected 0 or 1, got 2"),
        (lambda: adapt(flow_convention("1")), "noise_at: expected 0 or 1, got '1'"),
        (lambda: adapt(flow_convention(1, 0.0)), "scale: expected above 0, got 0.0"),
        (lambda: flow_grid(Flow().domain, 0), "sampling steps: expected at least 1"),
    ],
)
def test_conventions_that_are_none_are_one_line(
    make: Callable[[], object], line: str
) -> None:
    with pytest.raises(BadInput, match=line):
        make()

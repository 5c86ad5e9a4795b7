"""Exact teachers and the measures that students are held to."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Batch, Policy, Schedule
from onehop_interfaces.acting import OneCall, decide
from onehop_interfaces.exact import MixtureTeacher, gaussian_teacher
from onehop_interfaces.learning import Run
from onehop_sdm import SDM, SDMRecipe

DIRECTIONS = torch.tensor([[-1.0, -0.6], [1.0, -0.6], [0.0, 1.1]])
SPREAD = 0.15


@pytest.fixture
def gaussian() -> Callable[..., MixtureTeacher]:
    """N((1, 2) + (c, -c), [[.16, .12], [.12, .25]])."""

    def make(schedule: Schedule | None = None) -> MixtureTeacher:
        return gaussian_teacher(
            torch.tensor([1.0, 2.0]),
            torch.tensor([[1.0], [-1.0]]),
            torch.tensor([[0.16, 0.12], [0.12, 0.25]]),
            schedule=schedule,
        )

    return make


@pytest.fixture
def mixture() -> Callable[..., MixtureTeacher]:
    """Chunks that run out from near the middle in one of two or three directions.

    The condition lifts all of them by c / 2; the standard deviation is .15.
    """

    def make(
        weights: tuple[float, ...] = (0.3, 0.7),
        horizon: int = 1,
        schedule: Schedule | None = None,
    ) -> MixtureTeacher:
        k, size = len(weights), 2 * horizon
        ramp = torch.linspace(1.0, 0.5, horizon).flip(0)
        means = torch.einsum("h,ka->kha", ramp, DIRECTIONS[:k]).reshape(k, size)
        lift = torch.tensor([0.0, 0.5]).repeat(horizon)
        return MixtureTeacher(
            torch.tensor(weights),
            means,
            lift[:, None].expand(k, size, 1),
            SPREAD**2 * torch.eye(size).expand(k, size, size),
            horizon=horizon,
            schedule=schedule,
            scale=2.0,
        )

    return make


@pytest.fixture
def distil() -> Callable[..., SDM]:
    """Distil an exact teacher, on conditions in [-1, 1]."""

    def run(
        teacher: MixtureTeacher, net: nn.Module, score_net: nn.Module, steps: int,
        t_init: float | None = None, **options: Any,
    ) -> SDM:  # fmt: skip
        draw = torch.Generator().manual_seed(0)
        student, settings = OneCall(net, t_init=t_init), SDMRecipe(**options)
        sdm = SDM(teacher, settings, Run(steps, draw), student, score_net)
        actions = torch.empty(128, teacher.signature.horizon, 2)
        for _ in range(steps):
            state = 2 * torch.rand(128, 1, 1, generator=draw) - 1
            sdm.update(Batch({"state": state}, actions))
        return sdm

    return run


@pytest.fixture
def chunks() -> Callable[..., Tensor]:
    """2000 normalised, flattened chunks of a policy for the condition c, (2000, D)."""

    def act(teacher: MixtureTeacher, policy: Policy, c: float) -> Tensor:
        obs = {"state": torch.full((2000, 1, 1), c)}
        actions = decide(policy, obs, torch.Generator().manual_seed(1))
        return teacher.normalise(actions, obs).flatten(1)

    return act


@pytest.fixture
def exact() -> Callable[..., Tensor]:
    """2000 of the teacher's own chunks for the condition c, (2000, D)."""

    def draw(teacher: MixtureTeacher, c: float, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        return teacher.sample(torch.full((2000, 1), c), generator).flatten(1)

    return draw


@pytest.fixture
def modes_of() -> Callable[..., tuple[Tensor, float]]:
    """Each mode's share of chunks (N, D), by the nearest; and how many are at a mode.

    At a mode is within three times the root mean square distance of exact chunks
    from it, over sqrt(2): 98.9 % of exact ones are, in two dimensions.
    """

    def count(teacher: MixtureTeacher, x: Tensor, c: float) -> tuple[Tensor, float]:
        means = teacher.component_means(torch.full((len(x), 1), c))
        distance, nearest = (x[:, None] - means).norm(dim=-1).min(-1)
        at_one = distance < 3 * SPREAD * (x.shape[1] / 2) ** 0.5
        shares = torch.bincount(nearest, minlength=means.shape[1]) / len(x)
        return shares, float(at_one.float().mean())

    return count

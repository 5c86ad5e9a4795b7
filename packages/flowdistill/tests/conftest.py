from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Schedule
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
    gaussian_teacher,
)

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 40.0)]


class ExactEnds(nn.Module):
    """The map to the Gaussian's ends, in a teacher's clothes."""

    def __init__(self, teacher, exact_end) -> None:
        super().__init__()
        self.teacher, self.exact_end = teacher, exact_end
        self.schedule, self.signature = teacher.schedule, teacher.signature
        self.encode, self.denormalise = teacher.encode, teacher.denormalise

    def forward(self, x_t, t, cond):
        return self.exact_end(self.teacher, x_t, t, cond)


@pytest.fixture(params=SCHEDULES, ids=lambda s: type(s).__name__)
def schedule(request: pytest.FixtureRequest) -> Schedule:
    return request.param


@pytest.fixture(scope="session")
def gaussian() -> Callable[..., MixtureTeacher]:
    """N((c, -c) / 2 + (.5, 1), ((.3, .2), (.2, .4)))."""

    def make(schedule: Schedule | None = None) -> MixtureTeacher:
        return gaussian_teacher(
            torch.tensor([0.5, 1.0]),
            torch.tensor([[0.5], [-0.5]]),
            torch.tensor([[0.3, 0.2], [0.2, 0.4]]),
            schedule=schedule,
            scale=2.0,
        )

    return make


@pytest.fixture(scope="session")
def mixture() -> Callable[..., MixtureTeacher]:
    """Three modes of weights .2, .5, .3 and spread .12, moved each its way by c."""

    def make(schedule: Schedule | None = None) -> MixtureTeacher:
        return MixtureTeacher(
            torch.tensor([0.2, 0.5, 0.3]),
            torch.tensor([[-1.0, -0.6], [1.0, -0.4], [0.0, 1.0]]),
            torch.tensor([[[0.5], [0.0]], [[0.0], [0.5]], [[0.5], [0.5]]]),
            0.12**2 * torch.eye(2).expand(3, 2, 2),
            schedule=schedule,
            scale=2.0,
        )

    return make


@pytest.fixture(scope="session")
def chunk_mixture() -> MixtureTeacher:
    """Chunks (4, 2) that go left or right around c, weights .35 and .65."""
    ahead = torch.linspace(0.25, 1.0, 4)
    aside = torch.tensor([0.6, 1.0, 1.0, 0.6])
    left = torch.stack([ahead, aside], -1).flatten()
    right = torch.stack([ahead, -aside], -1).flatten()
    moved = torch.tensor([[0.0], [0.3]]).repeat(4, 1)
    return MixtureTeacher(
        torch.tensor([0.35, 0.65]),
        torch.stack([left, right]),
        moved.expand(2, 8, 1),
        (0.1**2 * torch.eye(8)).expand(2, 8, 8),
        horizon=4,
        scale=2.0,
    )


@pytest.fixture(scope="session")
def exact_end() -> Callable[..., Tensor]:
    """Where the probability-flow ODE of a Gaussian ends, in closed form.

    It moves every axis of Sigma on its own, and keeps (x_t - alpha mu) over its
    standard deviation sqrt(alpha^2 lambda + sigma^2).
    """

    def end(teacher: MixtureTeacher, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        alpha, sigma = (level[:, None] for level in teacher.schedule(t))
        mu = teacher.component_means(cond)[:, 0]
        variances, axes = teacher.variances[0], teacher.axes[0]
        spread = (alpha**2 * variances + sigma**2).sqrt()
        r = (x_t.flatten(1) - alpha * mu) @ axes
        return (mu + (variances.sqrt() / spread * r) @ axes.T).view_as(x_t)

    return end


@pytest.fixture(scope="session")
def exact_ends(exact_end) -> Callable[..., nn.Module]:
    return lambda teacher: ExactEnds(teacher, exact_end)

"""Exact teachers and the measures that students are held to."""

from collections.abc import Callable

import pytest
import torch

from onehop_interfaces import Schedule
from onehop_interfaces.exact import MixtureTeacher, gaussian_teacher

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

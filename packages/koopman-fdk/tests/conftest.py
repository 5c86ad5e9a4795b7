import math

import pytest
import torch
from torch import Tensor

from onehop_interfaces.exact import MixtureTeacher, gaussian_teacher
from onehop_interfaces.testing import energy_distance

CENTRES = torch.tensor([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.2]])


def _mixture(weights=(0.5, 0.3, 0.2), schedule=None, horizon=1) -> MixtureTeacher:
    """Three modes in the plane, moved by the condition, or bends of a chunk by them."""
    shape = torch.linspace(0.5, 1.0, horizon)
    means = torch.einsum("h,ka->kha", shape, CENTRES).flatten(1)
    maps = torch.einsum("h,ac->hac", shape, 0.5 * torch.eye(2)).flatten(0, 1)
    cov = 0.12**2 * torch.eye(2 * horizon)
    return MixtureTeacher(
        torch.tensor(weights),
        means,
        maps.expand(3, -1, -1),
        cov.expand(3, -1, -1),
        horizon=horizon,
        schedule=schedule,
        scale=2.0,
    )


def _gaussian(schedule=None, scale=1.0) -> MixtureTeacher:
    """N((c, -c) + (1, 2), a full covariance) over two numbers."""
    return gaussian_teacher(
        torch.tensor([1.0, 2.0]),
        torch.tensor([[1.0], [-1.0]]),
        torch.tensor([[0.3, 0.2], [0.2, 0.5]]),
        schedule=schedule,
        scale=scale,
    )


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def mixture():
    return _mixture


@pytest.fixture
def gaussian():
    return _gaussian


class Metrics:
    """How far two sets of chunks are apart, and which modes they visit."""

    energy_distance = staticmethod(energy_distance)

    @staticmethod
    def sliced_wasserstein(a: Tensor, b: Tensor, directions: int = 64) -> float:
        """Mean over directions of the 1-D Wasserstein-1 distance, same sizes."""
        a, b = a.flatten(1), b.flatten(1)
        draw = torch.Generator().manual_seed(0)
        u = torch.randn(a.shape[1], directions, generator=draw)
        u = u / u.norm(dim=0)
        gap = (a @ u).sort(dim=0).values - (b @ u).sort(dim=0).values
        return float(gap.abs().mean())

    @staticmethod
    def modes(teacher: MixtureTeacher, x: Tensor, cond: Tensor) -> tuple[Tensor, float]:
        """Share of chunks nearest to each mode, and share within 4 std of theirs."""
        gaps = (x.flatten(1)[:, None] - teacher.component_means(cond)).norm(dim=-1)
        distance, nearest = gaps.min(-1)
        share = torch.bincount(nearest, minlength=gaps.shape[1]) / len(x)
        radius = 4 * math.sqrt(float(teacher.variances[0].mean()))
        inside = distance < radius * math.sqrt(x.flatten(1).shape[1] / 2)
        return share, float(inside.float().mean())


@pytest.fixture
def metrics():
    return Metrics


def _exact_map(teacher: MixtureTeacher, prior: Tensor, cond: Tensor) -> Tensor:
    """The Gaussian's probability-flow ODE from t_max to clean data, solved by hand.

    Along an axis of variance l, (x_t - alpha_t mu) / sqrt(alpha_t^2 l + sigma_t^2)
    stands still, so x = mu + sqrt(l / (alpha_T^2 l + sigma_T^2)) (x_T - alpha_T mu).
    """
    t_max = torch.tensor([teacher.schedule.domain.t_max], dtype=prior.dtype)
    alpha, sigma = teacher.schedule(t_max)
    mu = teacher.component_means(cond)[:, 0]
    variances, axes = teacher.variances[0], teacher.axes[0]
    gain = (variances / (alpha**2 * variances + sigma**2)).sqrt()
    x_t = (alpha**2 + sigma**2).sqrt() * prior.flatten(1)
    along = gain * ((x_t - alpha * mu) @ axes)
    return (mu + along @ axes.T).view_as(prior)


@pytest.fixture
def exact_map():
    return _exact_map
